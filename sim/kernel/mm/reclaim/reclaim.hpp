#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/config.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/reclaim/compaction.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/memcg.hpp"
#include "sim/kernel/mm/reclaim/memmap_work.hpp"
#include "sim/kernel/mm/reclaim/mglru.hpp"
#include "sim/kernel/mm/reclaim/migrate.hpp"
#include "sim/kernel/mm/reclaim/oom.hpp"
#include "sim/kernel/mm/reclaim/scan_control.hpp"
#include "sim/kernel/mm/reclaim/shrinker.hpp"
#include "sim/kernel/mm/reclaim/tiers.hpp"
#include "sim/kernel/mm/reclaim/vm_events.hpp"
#include "sim/kernel/mm/reclaim/workingset.hpp"
#include "sim/kernel/mm/reclaim/writeback.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

class Mm;

/// What the kernel does when free memory runs short: the allocator's slow path, kswapd, direct
/// reclaim, and their helpers (writeback, compaction, tiers, the OOM killer). Decides who gives
/// pages back and how long a request tries; which pages a request then gets is the allocator's
/// business.
class Reclaim {
 public:
  Reclaim(Mm& mm, const KernelConfig& config, const KernelProfile& profile);

  Lru& lru() { return lru_; }
  const Lru& lru() const { return lru_; }
  const VmEvents& events() const { return events_; }
  VmEvents& events() { return events_; }
  Compaction& compaction() { return compaction_; }
  Writeback& writeback() { return writeback_; }
  Tiers& tiers() { return tiers_; }
  Migration& migration() { return migration_; }
  OomKiller& oom_killer() { return oom_killer_; }
  Workingset& workingset() { return workingset_; }
  MultiGenLru& multi_gen_lru() { return multi_gen_lru_; }
  Shrinkers& shrinkers() { return shrinkers_; }
  Memcgs& memcgs() { return memcgs_; }
  const Memcgs& memcgs() const { return memcgs_; }

  /// After the fast path has failed (__alloc_pages_slowpath): reclaims, compacts and kills as the
  /// request allows; nothing if it all did not help. The caller's receipt is spent.
  Task<std::optional<Allocation>> alloc_pages_slow(Host& host, AllocRequest request);
  /// Reclaims from a memory cgroup that is at a limit, for a task of a node.
  Task<PageCount> try_to_free_mem_cgroup_pages(Host& host, MemcgId memcg, NodeId node,
                                               PageCount pages);
  /// Kills a task, one of a memory cgroup if that is at its limit; false if there is none.
  bool oom_kill(PageCount total, Receipt& receipt, OomScope scope = {});
  /// The thread of a node with memory; never ends.
  Task<void> kswapd(Host& host, NodeId node);

  /// Wakes the kswapd of every node that a request may use, or of one, unless it has given up or
  /// has nothing to do.
  void wake_all_kswapds(const AllocRequest& request);
  void wakeup_kswapd(NodeId node, int order, ZoneType highest);
  /// Who is told that a kernel thread has work; none: there are no such threads.
  void set_waker(Waker* waker) { waker_ = waker; }
  bool has_threads() const { return waker_ != nullptr; }
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

  /// A use of page cache through a call, not through page tables.
  void mark_page_accessed(LruRef ref);
  /// The owner gives a run back: it leaves the lists.
  void forget(LruRef ref);

  /// Pages of a zone that reclaim could take (zone_reclaimable_pages).
  PageCount reclaimable(const Zone& zone) const;
  /// Anonymous memory of a node could go somewhere (can_reclaim_anon_pages).
  bool may_reclaim_anon(NodeId node) const {
    return writeback_.swap_free().value > 0 || tiers_.demotion_target(node).valid();
  }
  /// The same of one memory cgroup, whose swap may be limited.
  bool may_reclaim_anon(LruVec vec) const {
    return swap_room(vec.memcg).value > 0 || tiers_.demotion_target(vec.node).valid();
  }
  /// Pages of a memory cgroup that may go to swap (mem_cgroup_get_nr_swap_pages).
  PageCount swap_room(MemcgId memcg) const {
    return std::min(writeback_.swap_free(), memcgs_.swap_margin(memcg));
  }
  /// What a look at pages has come to, in the columns of /proc/vmstat.
  void account_scan(const ScanControl& sc, bool file, std::int64_t pages);
  void account_steal(const ScanControl& sc, bool file, std::int64_t pages);
  bool kswapd_hopeless(NodeId n) const { return kswapd_[n.index()].failures >= kMaxReclaimRetries; }

 private:
  static constexpr std::int64_t kMaxReclaimRetries = 16;

  struct KswapdState {
    bool asleep = false;
    int order = 0;
    std::optional<ZoneType> highest;  ///< of the requests that woke it
    std::int64_t failures = 0;
    bool meets_writeback = false;  ///< looks at nothing but pages being written (PGDAT_WRITEBACK)
    std::int64_t anon_cost = 0;    ///< what reclaim of either kind has cost so far
    std::int64_t file_cost = 0;
  };

  // slow_path.cpp
  bool should_reclaim_retry(const AllocRequest& rq, bool progress, std::int64_t& loops) const;
  Task<std::optional<Allocation>> alloc_pages_direct_reclaim(Host& host, AllocRequest rq,
                                                             bool& progress);
  const NodeMask* oom_nodes(const AllocRequest& rq) const;
  Task<std::optional<Allocation>> alloc_pages_may_oom(Host& host, AllocRequest rq, bool& progress);
  // direct_reclaim.cpp
  Task<PageCount> try_to_free_pages(Host& host, AllocRequest rq);
  Task<PageCount> do_try_to_free_pages(Host& host, const AllocRequest& rq, ScanControl& sc);
  Task<void> shrink_zones(Host& host, const AllocRequest& rq, ScanControl& sc);
  Task<void> throttle_direct_reclaim(Host& host, AllocRequest rq);
  bool allow_direct_reclaim(NodeId node);
  bool mostly_writeback(NodeId node) const;
  bool compaction_ready(const Zone& z, const ScanControl& sc) const;
  // kswapd.cpp
  bool pgdat_balanced(NodeId node, int order, ZoneType highest) const;
  PageCount watermark_boost(NodeId node, ZoneType highest) const;
  void set_reclaim_active(NodeId node, ZoneType highest, bool active);
  Task<void> kswapd_try_to_sleep(Host& host, NodeId node, int alloc_order, int reclaim_order,
                                 ZoneType highest);
  Task<int> balance_pgdat(Host& host, NodeId node, int order, ZoneType highest);
  Task<bool> reclaim_until_balanced(Host& host, NodeId node, ScanControl& sc);
  // vmscan.cpp
  using ScanCounts = std::array<std::int64_t, kLruLists>;
  Task<void> shrink_node(Host& host, NodeId node, ScanControl& sc);
  void prepare_scan(NodeId node, ScanControl& sc) const;
  bool should_continue_reclaim(NodeId node, std::int64_t reclaimed, const ScanControl& sc) const;
  Task<void> shrink_lruvec(Host& host, LruVec vec, ScanControl& sc);
  Task<void> shrink_slab(Host& host, NodeId node, ScanControl& sc);
  ScanCounts get_scan_count(LruVec vec, ScanControl& sc) const;
  // memcg_reclaim.cpp
  PageCount target_size(NodeId node, LruList list, const ScanControl& sc) const;
  Memcg::Cost target_cost(NodeId node, const ScanControl& sc) const;
  bool inactive_is_low(PageCount inactive, PageCount active) const;
  bool inactive_is_low(LruVec vec, LruList inactive, ZoneType highest) const;
  bool inactive_is_low(NodeId node, LruList inactive, const ScanControl& sc) const;
  std::int64_t unprotected(LruVec vec, std::int64_t pages, ScanControl& sc) const;
  Task<void> shrink_node_memcgs(Host& host, NodeId node, ScanControl& sc);
  Task<void> age_active_anon(Host& host, LruVec vec, ScanControl& sc);
  Task<void> kswapd_age_node(Host& host, NodeId node, ScanControl& sc);
  // shrink_lists.cpp
  void note_cost(LruVec vec, bool file, std::int64_t written, std::int64_t rotated);
  Task<void> shrink_active_list(Host& host, LruVec vec, LruList list, std::int64_t n,
                                ScanControl& sc);
  // shrink_inactive.cpp
  struct Batch;
  void shrink_run(LruRef ref, PageCount most, ScanControl& sc, Batch& batch);
  void keep(LruRef ref, LruList list, Batch& batch);
  void write_out(LruRef ref, ScanControl& sc, Batch& batch);
  void drop(LruRef ref, PageCount pages, CpuId cpu, Batch& batch);
  bool too_many_isolated(NodeId node, bool file, const ScanControl& sc) const;
  Task<bool> wait_for_isolated(Host& host, NodeId node, bool file, ScanControl& sc);
  Task<void> shrink_inactive_list(Host& host, LruVec vec, LruList list, std::int64_t n,
                                  ScanControl& sc);

  Mm& mm_;
  const std::int64_t swappiness_;
  Lru lru_;
  VmEvents events_;
  Writeback writeback_;
  Migration migration_;
  Tiers tiers_;
  Compaction compaction_;
  OomKiller oom_killer_;
  MultiGenLru multi_gen_lru_;
  Workingset workingset_;
  Shrinkers shrinkers_;
  Memcgs memcgs_;
  std::vector<KswapdState> kswapd_;
  std::function<MemmapPlace(Pfn)> memmap_;
  Waker* waker_ = nullptr;
};

}  // namespace mhp::kernel
