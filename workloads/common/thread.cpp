#include "workloads/common/thread.hpp"

#include "sim/kernel/geometry.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::workloads {

using kernel::Primitive;

void PageSet::add(Pfn pfn, NodeId node, PageCount pages) {
  const kernel::MemmapPlace& place = places_.of(pfn, node);
  const std::int64_t first = pfn.value / kernel::k2MiBPages;
  const std::int64_t last = (pfn.value + pages.value - 1) / kernel::k2MiBPages;
  if (!place.gigabyte_leaf) leaves_[node.index()] += last - first + (first == last_leaf_ ? 0 : 1);
  last_leaf_ = last;
  struct_pages_.visit(pfn, pages, place);
  pages_[node.index()] += pages.value;
  total_ += pages;
}

Thread::Thread(const Context& context, Tally& tally, NodeId node)
    : context_(context),
      tally_(tally),
      node_(node),
      pricer_(context.costs, context.topology, node),
      host_(context.make_host ? context.make_host(node) : nullptr) {}

Task<void> Thread::sleep(SimTime dt) {
  if (host_) kernel::note(*host_, kernel::TaskState::asleep);
  co_await context_.engine.delay(dt);
  if (host_) kernel::note(*host_, kernel::TaskState::running);
}

Task<std::optional<kernel::Allocation>> Thread::alloc_slow(kernel::AllocRequest request) {
  std::optional<kernel::Allocation> got;
  const SimTime asked = now();
  if (host_)
    got = co_await context_.mm.alloc_pages_slow(*host_, request);
  else
    got = context_.mm.alloc_pages(request);
  tally_.stall(now() - asked);
  if (!got) tally_.failure();
  co_return got;
}

Task<std::optional<kernel::Allocation>> Thread::alloc_huge(bool madvised) {
  if (!host_ || !context_.mm.thp().eligible(madvised)) co_return std::nullopt;
  const SimTime asked = now();
  const auto got = co_await kernel::alloc_anon_huge_page(context_.mm, *host_, node_, madvised);
  if (now() > asked) tally_.stall(now() - asked);
  co_return got;
}

Task<void> Thread::spend_work() {
  if (!context_.mm.has_work()) co_return;
  if (!host_) {
    context_.mm.forget_work();
    co_return;
  }
  co_await context_.mm.spend_work(*host_);
}

SimTime Thread::price(Primitive primitive, std::int64_t count, NodeId where) {
  return pricer_.price(primitive, count, where).time;
}

Task<void> Thread::write(PageSet pages) {
  co_await spend_work();
  SimTime ready = now();
  const auto& leaves = pages.small_leaves_by_node();
  for (std::size_t n = 0; n < leaves.size(); ++n)
    ready += price(Primitive::direct_map_walk, leaves[n], NodeId{static_cast<std::int32_t>(n)});
  co_await write_until(std::move(pages), ready);
}

Task<void> Thread::use(PageSet pages) { co_await write_until(std::move(pages), now()); }

Task<void> Thread::use_by_call(PageSet pages) {
  SimTime ready = now();
  for (const kernel::StructPageVisits& v : pages.struct_pages().by_node())
    ready += price(Primitive::struct_page_touch, v.cold, v.node) +
             price(Primitive::struct_page_next, v.next, v.node) +
             price(Primitive::memmap_walk, v.walks, v.node);
  co_await write_until(std::move(pages), ready);
}

Task<void> Thread::write_until(PageSet pages, SimTime ready) {
  const auto& written = pages.by_node();
  for (std::size_t n = 0; n < written.size(); ++n)
    co_await move(NodeId{static_cast<std::int32_t>(n)}, Bytes{written[n] * kPageSize});
  if (ready > now()) co_await context_.engine.delay(ready - now());
}

Task<void> Thread::move(NodeId where, Bytes amount) {
  if (amount.value > 0) co_await context_.memory.move(node_, where, amount);
}

kernel::AllocRequest user_pages(NodeId node, int order) {
  return {.node = node,
          .order = order,
          .type = kernel::MigrateType::movable,
          .highest = kernel::ZoneType::movable};
}

std::vector<NodeId> nodes_to_run_on(const Context& context) {
  std::vector<NodeId> nodes;
  for (std::size_t n = 0; n < context.mm.nodes(); ++n) {
    const NodeId id{static_cast<std::int32_t>(n)};
    const auto& node = context.mm.node(id);
    if (node.cpus > 0 && node.has_memory) nodes.push_back(id);
  }
  return nodes;
}

}  // namespace mhp::workloads
