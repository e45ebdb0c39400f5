#include "workloads/common/thread.hpp"

#include <cstdlib>

#include "sim/cost/cost_profile.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::workloads {

using kernel::Primitive;

namespace {
constexpr std::int64_t kLineBytes = cost::PrimitiveCost::kLineBytes;
constexpr NodeId node_at(std::size_t n) { return NodeId{static_cast<std::int32_t>(n)}; }
}  // namespace

void PageSet::add(Pfn pfn, NodeId node, PageCount pages) {
  const kernel::MemmapPlace& place = places_.of(pfn, node);
  const int leaf = places_.geometry().pmd_order();
  const std::int64_t first = pfn.value >> leaf;
  const std::int64_t last = (pfn.value + pages.value - 1) >> leaf;
  if (!place.gigabyte_leaf) leaves_[node.index()] += last - first + (first == last_leaf_ ? 0 : 1);
  last_leaf_ = last;
  struct_pages_.visit(pfn, pages, place);
  pages_[node.index()] += pages.value;
  total_ += pages;
}

void PageSet::add(const kernel::PageRun& run, NodeId node) {
  const kernel::Geometry& geometry = places_.geometry();
  const int leaf = geometry.pmd_order();
  kernel::for_each_part(run, geometry.section_order(), [&](const kernel::PageRun& part) {
    const kernel::MemmapPlace& place = places_.of(part.first, node);
    const std::int64_t first = part.first.value >> leaf;
    const std::int64_t last = part.last().value >> leaf;
    if (!place.gigabyte_leaf)
      leaves_[node.index()] += std::abs(last - first) + (first == last_leaf_ ? 0 : 1);
    last_leaf_ = last;
    struct_pages_.visit(part, place);
  });
  pages_[node.index()] += run.pages;
  total_ += run.count();
}

Thread::Thread(const Context& context, Tally& tally, NodeId node)
    : context_(context),
      tally_(tally),
      node_(node),
      host_(context.make_host(node)),
      receipt_(context.mm.receipt()),
      memcg_task_(context.mm.reclaim().memcgs(), context.memcg, node),
      policy_(context.policy) {}

Task<void> Thread::sleep(SimTime dt) {
  co_await spend_work();
  kernel::note(*host_, kernel::TaskState::asleep);
  co_await context_.engine.delay(dt);
  kernel::note(*host_, kernel::TaskState::running);
}

Task<std::optional<kernel::Allocation>> Thread::alloc_placed_fast(kernel::AllocRequest request) {
  co_await context_.mm.ready(*host_, request, kernel::Mark::low, receipt_);
  co_return context_.mm.alloc_pages_fast(request, receipt_);
}

Task<std::optional<kernel::Allocation>> Thread::alloc_waiting(kernel::AllocRequest request) {
  co_await context_.mm.ready(*host_, request, kernel::Mark::low, receipt_);
  if (const auto got = context_.mm.alloc_pages_fast(request, receipt_)) co_return got;
  const SimTime asked = now();
  co_await spend_work();
  const auto got = co_await context_.mm.reclaim().alloc_pages_slow(*host_, request);
  tally_.stall(now() - asked);
  if (!got) tally_.failure();
  co_return got;
}

Task<std::optional<kernel::RunAllocation>> Thread::alloc_one_waiting(kernel::AllocRequest request) {
  const auto got = co_await alloc_waiting(request);
  if (!got) co_return std::nullopt;
  co_return kernel::RunAllocation(*got);
}

Task<std::optional<kernel::Allocation>> Thread::alloc_huge(bool madvised) {
  if (!context_.mm.thp().eligible(madvised)) co_return std::nullopt;
  const SimTime asked = now();
  const auto got = co_await kernel::alloc_anon_huge_page(context_.mm, *host_, node_, madvised,
                                                         policy_, receipt_);
  if (now() > asked) tally_.stall(now() - asked);
  co_return got;
}

Task<std::optional<kernel::Allocation>> Thread::alloc_and_charge(kernel::AllocRequest request) {
  const auto page = co_await alloc(request);
  if (!page) co_return std::nullopt;
  const bool charged = co_await charge_waiting(PageCount{1});
  if (charged) co_return page;
  context_.mm.free_pages(page->pfn, 0, receipt_);
  co_return std::nullopt;
}

Task<bool> Thread::charge_waiting(PageCount pages) {
  const SimTime asked = now();
  kernel::Memcgs& memcgs = context_.mm.reclaim().memcgs();
  const bool done = co_await memcgs.charge(*host_, memcg_task_, pages, receipt_);
  if (now() > asked) tally_.stall(now() - asked);
  if (!done) tally_.failure();
  co_return done;
}

// The charge goes as far as the allocation may (the same GFP flags). Without it there is no huge
// page (THP_FAULT_FALLBACK_CHARGE).
Task<bool> Thread::charge_huge_waiting(PageCount pages, bool madvised) {
  const SimTime asked = now();
  const kernel::Mm& mm = context_.mm;
  const auto rq = mm.thp().request(node_, mm.geometry().pmd_order(), madvised);
  const bool done = co_await context_.mm.reclaim().memcgs().charge_huge(
      *host_, memcg_task_, pages, {rq.may_reclaim(), rq.retry == kernel::Retry::noretry}, receipt_);
  if (now() > asked) tally_.stall(now() - asked);
  if (done) co_return true;
  kernel::VmEvents& events = context_.mm.reclaim().events();
  --events.thp_fault_alloc;
  ++events.thp_fault_fallback;
  co_return false;
}

Task<void> Thread::spend_work() { co_await receipt_.spend(*host_); }

Task<void> Thread::write(PageSet pages) {
  co_await spend_work();
  const auto& leaves = pages.small_leaves_by_node();
  for (std::size_t n = 0; n < leaves.size(); ++n)
    if (leaves[n] > 0)
      co_await kernel::spend(*host_, Primitive::direct_map_walk, leaves[n], node_at(n));
  co_await use(std::move(pages));
}

Task<void> Thread::use(PageSet pages) {
  co_await spend_work();
  const auto& used = pages.by_node();
  for (std::size_t n = 0; n < used.size(); ++n)
    co_await move(node_at(n), context_.mm.geometry().bytes_of(PageCount{used[n]}));
}

Task<void> Thread::use_by_call(PageSet pages) {
  co_await spend_work();
  co_await kernel::spend_visits(*host_, pages.struct_pages());
  co_await use(std::move(pages));
}

Task<void> Thread::move(NodeId where, Bytes amount) {
  if (amount.value <= 0) co_return;
  co_await spend_work();
  const std::int64_t lines = (amount.value + kLineBytes - 1) / kLineBytes;
  co_await kernel::spend(*host_, Primitive::memory_line, lines, where);
}

void free_accounted(const Context& context, Pfn page, kernel::Receipt& receipt) {
  context.mm.free_pages(page, 0, receipt);
  context.mm.reclaim().memcgs().uncharge(context.memcg, PageCount{1});
}

kernel::AllocRequest user_pages(NodeId node, int order) {
  return {.node = node,
          .order = order,
          .type = kernel::MigrateType::movable,
          .highest = kernel::ZoneType::movable};
}

int block_order(const kernel::Mm& mm) { return mm.geometry().order_of(Bytes{2 * kMiB}); }

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
