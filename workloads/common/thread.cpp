#include "workloads/common/thread.hpp"

#include "sim/kernel/hotplug/steps.hpp"

namespace mhp::workloads {

using kernel::Primitive;

void PageSet::add(Pfn pfn, NodeId node, PageCount pages) {
  pages_[node.index()] += pages.value;
  memmap_[context_.memmap_node(pfn).index()] += pages.value;
  ++blocks_;
  total_ += pages;
}

void PageSet::add(const PageSet& other) {
  for (std::size_t n = 0; n < pages_.size(); ++n) {
    pages_[n] += other.pages_[n];
    memmap_[n] += other.memmap_[n];
  }
  blocks_ += other.blocks_;
  total_ += other.total_;
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

SimTime Thread::memmap_pass(const PageSet& pages) {
  SimTime time;
  const auto& memmap = pages.memmap_by_node();
  for (std::size_t n = 0; n < memmap.size(); ++n)
    time +=
        pricer_.price(Primitive::struct_page_free, memmap[n], NodeId{static_cast<std::int32_t>(n)})
            .time;
  return time;
}

SimTime Thread::page_work(const PageSet& pages, Primitive alloc) {
  const SimTime allocator = pricer_.price(alloc, pages.blocks(), node_).time;
  return allocator + memmap_pass(pages);
}

Task<void> Thread::write(PageSet pages, Primitive alloc) {
  const SimTime ready = now() + page_work(pages, alloc);
  co_await write_until(std::move(pages), ready);
}

Task<void> Thread::work(PageSet pages, Primitive alloc) {
  co_await context_.engine.delay(page_work(pages, alloc));
}

Task<void> Thread::use(PageSet pages) { co_await write_until(std::move(pages), now()); }

Task<void> Thread::use_by_call(PageSet pages) {
  const SimTime ready = now() + memmap_pass(pages);
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

Primitive alloc_of(int order) {
  return order == 0 ? Primitive::alloc_order0 : Primitive::alloc_order9;
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
