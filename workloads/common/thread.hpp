#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/primitives.hpp"
#include "workloads/common/tally.hpp"
#include "workloads/workload.hpp"

namespace mhp::workloads {

/// Pages that one operation takes or uses: how many lie on each node, where their struct pages are,
/// and how the kernel reaches them.
class PageSet {
 public:
  explicit PageSet(const Context& context)
      : places_([&mm = context.mm](Pfn p, NodeId n) { return mm.reclaim().memmap(p, n); },
                context.mm.geometry()),
        pages_(context.mm.nodes(), 0),
        leaves_(context.mm.nodes(), 0) {}

  /// A block, described by one part of the memmap.
  void add(Pfn pfn, NodeId node, PageCount pages);
  /// Single pages in a row.
  void add(const kernel::PageRun& run, NodeId node);
  void add(const kernel::Allocation& got, int order) {
    add(got.pfn, got.node, PageCount{std::int64_t{1} << order});
  }
  /// The pages of an extent that are there.
  void add(const kernel::Population& population, kernel::Population::Extent extent) {
    population.for_each_run(
        extent, [this](const kernel::LruRun& run) { add(run.pfn, run.node, run.pages); });
  }

  PageCount pages() const { return total_; }
  const std::vector<std::int64_t>& by_node() const { return pages_; }
  /// Leaves of the direct map below 1 GiB in which they lie, each time that another is met.
  const std::vector<std::int64_t>& small_leaves_by_node() const { return leaves_; }
  const kernel::VisitLog& struct_pages() const { return struct_pages_; }

 private:
  kernel::MemmapPlaces places_;
  std::vector<std::int64_t> pages_;
  std::vector<std::int64_t> leaves_;
  std::int64_t last_leaf_ = -1;
  kernel::VisitLog struct_pages_;
  PageCount total_;
};

/// A thread of a workload on a processor of one node: its allocations may wait for memory, its work
/// takes time, its traffic meets others at controllers and links. Does one thing at a time.
class Thread {
 public:
  Thread(const Context& context, Tally& tally, NodeId node);

  NodeId node() const { return node_; }
  /// Through which it asks the kernel to do what takes time or may wait.
  Host& host() { return *host_; }
  SimTime now() const { return context_.engine.now(); }

  /// Lets time pass without wanting a processor or memory.
  Task<void> sleep(SimTime dt);
  /// Pages from the fast path alone; these and those below are of nodes that the workload's memory
  /// policy allows.
  Task<std::optional<kernel::Allocation>> alloc_fast(kernel::AllocRequest request) {
    return alloc_placed_fast(placed(request));
  }
  /// Pages from the fast path, or the slow one: reclaim, compaction and the OOM killer. A wait for
  /// these is a stall; it and a failure are counted.
  MaybeTask<std::optional<kernel::Allocation>> alloc(const kernel::AllocRequest& wanted) {
    using Maybe = MaybeTask<std::optional<kernel::Allocation>>;
    const kernel::AllocRequest request = placed(wanted);
    if (const auto got = context_.mm.alloc_listed(request, receipt_)) return Maybe(got);
    return Maybe(alloc_waiting(request));
  }
  /// The same for single pages that lie in a row, `most` at most: as many as the processor has at
  /// hand; if it has none, one.
  MaybeTask<std::optional<kernel::RunAllocation>> alloc_run(const kernel::AllocRequest& wanted,
                                                            std::int64_t most) {
    using Maybe = MaybeTask<std::optional<kernel::RunAllocation>>;
    const kernel::AllocRequest request = placed(wanted);
    if (policy_.mode() == kernel::MemPolicy::Mode::interleave) most = 1;
    if (const auto got = context_.mm.alloc_listed_run(request, most, receipt_)) return Maybe(got);
    return Maybe(alloc_one_waiting(request));
  }
  /// Charges pages that were just taken to the thread's memory cgroup, each for itself or a huge
  /// page as one. What that makes it wait is a stall; a failure is counted, except a huge page's.
  MaybeTask<bool> charge(PageCount pages) {
    if (memcg_task_.memcg().is_root()) return MaybeTask<bool>(true);
    return MaybeTask<bool>(charge_waiting(pages));
  }
  MaybeTask<bool> charge_huge(PageCount pages, bool madvised) {
    if (memcg_task_.memcg().is_root()) return MaybeTask<bool>(true);
    return MaybeTask<bool>(charge_huge_waiting(pages, madvised));
  }
  /// A page of the kernel's that is charged to the thread's memory cgroup (__GFP_ACCOUNT).
  MaybeTask<std::optional<kernel::Allocation>> alloc_accounted(
      const kernel::AllocRequest& request) {
    using Maybe = MaybeTask<std::optional<kernel::Allocation>>;
    if (memcg_task_.memcg().is_root()) return alloc(request);
    return Maybe(alloc_and_charge(request));
  }
  /// On which the allocator writes what it does for this thread besides, until spend_work().
  kernel::Receipt& receipt() { return receipt_; }

  /// A transparent huge page, if the kernel's policy and memory have one (`madvised`:
  /// MADV_HUGEPAGE). The wait is a stall.
  Task<std::optional<kernel::Allocation>> alloc_huge(bool madvised);

  /// The allocator's time for what this thread has taken and given back since it last waited: its
  /// struct pages where the memmap has them, and its zones' locks.
  Task<void> spend_work();
  /// That time, then the kernel writes the pages through its direct map.
  Task<void> write(PageSet pages);
  /// Pages are used through page tables: traffic alone; or by a call, which looks at their struct
  /// pages too.
  Task<void> use(PageSet pages);
  Task<void> use_by_call(PageSet pages);
  /// Reads or writes memory that lies on `where`; nothing if there is nothing to move.
  Task<void> move(NodeId where, Bytes amount);

 private:
  /// What its memory policy makes of a request.
  kernel::AllocRequest placed(const kernel::AllocRequest& request) {
    if (policy_.mode() == kernel::MemPolicy::Mode::local || request.this_node) return request;
    return policy_.apply(request, node_, context_.mm);
  }
  Task<std::optional<kernel::Allocation>> alloc_placed_fast(kernel::AllocRequest request);
  Task<std::optional<kernel::Allocation>> alloc_waiting(kernel::AllocRequest request);
  Task<std::optional<kernel::RunAllocation>> alloc_one_waiting(kernel::AllocRequest request);
  Task<std::optional<kernel::Allocation>> alloc_and_charge(kernel::AllocRequest request);
  Task<bool> charge_waiting(PageCount pages);
  Task<bool> charge_huge_waiting(PageCount pages, bool madvised);

  const Context& context_;
  Tally& tally_;
  const NodeId node_;
  std::unique_ptr<Host> host_;
  kernel::Receipt receipt_;
  kernel::MemcgTask memcg_task_;
  kernel::MemPolicy policy_;
};

/// Gives back a page that was charged so, by whichever thread.
void free_accounted(const Context& context, Pfn page, kernel::Receipt& receipt);

/// What is used of memory in a row is one piece of traffic up to here, whatever the grain in which
/// it ages.
inline constexpr Bytes kPieceOfTraffic{2 * kMiB};

/// A request for movable memory of a process.
kernel::AllocRequest user_pages(NodeId node, int order);

/// Order of a block of 2 MiB: what is taken at a time where nothing depends on it.
int block_order(const kernel::Mm& mm);

/// Nodes that have processors and boot memory: where a workload that is everywhere runs.
std::vector<NodeId> nodes_to_run_on(const Context& context);

}  // namespace mhp::workloads
