#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/page_owner.hpp"
#include "sim/kernel/mm/reclaim/compaction.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/memmap_work.hpp"
#include "sim/kernel/mm/reclaim/oom.hpp"
#include "sim/kernel/mm/reclaim/scan_control.hpp"
#include "sim/kernel/mm/reclaim/vm_events.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

class Mm;

/// What the kernel does when free memory runs short: the allocator's slow path, kswapd, direct
/// reclaim, writeback, the OOM killer. Decides who gives pages back and how long a request tries;
/// which pages a request then gets is the allocator's business.
class Reclaim {
 public:
  Reclaim(Mm& mm, const KernelConfig& config);

  Lru& lru() { return lru_; }
  const Lru& lru() const { return lru_; }
  const VmEvents& events() const { return events_; }
  VmEvents& events() { return events_; }

  /// __alloc_pages_slowpath.
  Task<std::optional<Allocation>> alloc_pages_slow(Host& host, AllocRequest request);
  /// The kernel's threads; they never end. kswapd: one for each node with memory.
  Task<void> kswapd(Host& host, NodeId node);
  Task<void> writeback(Host& host);

  /// Wakes the kswapd of every node that a request may use, unless it has given up or has nothing
  /// to do (wake_all_kswapds).
  void wake_all_kswapds(const AllocRequest& request);
  /// Who is told that a kernel thread has work; none: there are no such threads.
  void set_waker(Waker* waker) { waker_ = waker; }
  void wake(Condition condition, NodeId node) const {
    if (waker_ != nullptr) waker_->wake(static_cast<std::uint16_t>(condition), node.value);
  }
  /// Where the struct page of a page frame lies; without it, on the page's own node.
  void set_memmap(std::function<MemmapPlace(Pfn)> place_of) { memmap_ = std::move(place_of); }
  MemmapPlace memmap(Pfn pfn, NodeId own) const {
    return memmap_ ? memmap_(pfn) : MemmapPlace{.node = own};
  }
  /// Work on struct pages takes its time where they lie, and for the way to them.
  Task<void> spend_work(Host& host, Primitive primitive, const MemmapWork& work) const;
  /// Moving pages that lay at `from` on a node.
  Task<void> spend_migration(Host& host, Pfn from, NodeId node, PageCount pages) const;

  /// A use of page cache through a call, not through page tables.
  void mark_page_accessed(LruRef ref);
  void mark_dirty(LruRef ref);
  /// The owner gives a run back: it leaves the lists.
  void forget(LruRef ref);

  // Migration (migrate.cpp). Ranges are whole pageblocks.
  PageCount lru_pages_in(PfnRange range) const;
  /// Moves a run to where `move` says, in pieces if it must be; returns how many pages moved before
  /// there was no room.
  PageCount migrate_run(LruRef ref, const PageOwner::Move& move);
  /// The same for all runs of a range; false if there was no room for all.
  bool migrate_range(PfnRange range, const PageOwner::Move& move);
  /// A use of a run in the lower tier by a task of node `to`; returns how many pages came over.
  bool may_promote(LruRef ref, NodeId to) const;
  PageCount promote(LruRef ref, NodeId to);
  Compaction& compaction() { return compaction_; }
  /// Tasks that the OOM killer may choose; they must be removed before they end.
  void add_oom_task(OomTask& task) { oom_tasks_.push_back(&task); }
  void remove_oom_task(const OomTask& task);

  /// Pages of a zone that reclaim could take (zone_reclaimable_pages).
  PageCount reclaimable(const Zone& zone) const;
  PageCount swap_free() const { return swap_free_; }
  /// Pages came back from swap, or what was there is needed no more.
  void swapped_in(PageCount pages);
  void free_swap(PageCount pages) { swap_free_ += pages; }
  bool kswapd_hopeless(NodeId n) const { return kswapd_[n.index()].failures >= kMaxReclaimRetries; }

 private:
  static constexpr std::int64_t kMaxReclaimRetries = 16;

  struct KswapdState {
    bool asleep = false;
    int order = 0;
    std::optional<ZoneType> highest;  ///< of the requests that woke it
    std::int64_t failures = 0;
    std::int64_t anon_cost = 0;  ///< what reclaim of either kind has cost so far
    std::int64_t file_cost = 0;
  };

  // slow_path.cpp
  bool should_reclaim_retry(const AllocRequest& rq, bool progress, std::int64_t& loops) const;
  Task<std::optional<Allocation>> alloc_pages_direct_reclaim(Host& host, AllocRequest rq,
                                                             bool& progress);
  // oom.cpp
  OomTask* select_bad_process() const;
  Task<std::optional<Allocation>> alloc_pages_may_oom(Host& host, AllocRequest rq, bool& progress);
  // direct_reclaim.cpp
  Task<PageCount> try_to_free_pages(Host& host, AllocRequest rq);
  Task<void> shrink_zones(Host& host, const AllocRequest& rq, ScanControl& sc);
  Task<void> throttle_direct_reclaim(Host& host, AllocRequest rq);
  bool allow_direct_reclaim(NodeId node);
  bool mostly_writeback(NodeId node) const;
  bool compaction_ready(const Zone& z, const ScanControl& sc) const;
  // kswapd.cpp
  bool pgdat_balanced(NodeId node, int order, ZoneType highest) const;
  void wakeup_kswapd(NodeId node, int order, ZoneType highest);
  Task<void> balance_pgdat(Host& host, NodeId node, int order, ZoneType highest);
  // vmscan.cpp
  using ScanCounts = std::array<std::int64_t, kLruLists>;
  Task<void> shrink_node(Host& host, NodeId node, ScanControl& sc);
  void prepare_scan(NodeId node, ScanControl& sc) const;
  bool should_continue_reclaim(NodeId node, std::int64_t reclaimed, const ScanControl& sc) const;
  Task<void> shrink_lruvec(Host& host, NodeId node, ScanControl& sc);
  Task<void> age_active_anon(Host& host, NodeId node, ScanControl& sc);
  ScanCounts get_scan_count(NodeId node, const ScanControl& sc) const;
  bool inactive_is_low(NodeId node, LruList inactive, ZoneType highest) const;
  // shrink_lists.cpp
  enum class Verdict : std::uint8_t { reclaim, keep, activate };
  static Verdict check_references(LruRun& run);
  bool start_writeback(LruRef ref);
  void account_scan(const ScanControl& sc, bool file, std::int64_t pages);
  void account_steal(const ScanControl& sc, bool file, std::int64_t pages);
  void note_cost(NodeId node, bool file, std::int64_t written, std::int64_t rotated);
  Task<void> shrink_active_list(Host& host, NodeId node, LruList list, std::int64_t n,
                                ScanControl& sc);
  Task<void> shrink_inactive_list(Host& host, NodeId node, LruList list, std::int64_t n,
                                  ScanControl& sc);
  // tiers.cpp
  NodeId demotion_target(NodeId from) const;
  PageCount move_to_node(LruRef ref, NodeId node);
  PageCount demote(LruRef ref, PageCount pages, NodeId target, const ScanControl& sc);
  bool may_reclaim_anon(NodeId node) const {
    return swap_free_.value > 0 || demotion_target(node).valid();
  }
  LruRef split_run(LruRef ref, PageCount n);
  // writeback.cpp
  void end_writeback(LruRef ref);

  Mm& mm_;
  const std::int64_t swappiness_;
  const PageCount swap_total_;
  const bool numa_demotion_;
  const bool numa_tiering_;
  Lru lru_;
  Compaction compaction_;
  VmEvents events_;
  std::vector<KswapdState> kswapd_;
  std::vector<OomTask*> oom_tasks_;
  std::deque<LruRef> writeback_;  ///< runs handed to writeback, oldest first; kNoRun: gone since
  PageCount writeback_pages_;
  std::function<MemmapPlace(Pfn)> memmap_;
  Waker* waker_ = nullptr;
  PageCount swap_free_;
};

}  // namespace mhp::kernel
