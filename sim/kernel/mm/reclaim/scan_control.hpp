#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/evacuation.hpp"
#include "sim/kernel/mm/reclaim/lruvec.hpp"
#include "sim/kernel/mm/reclaim/vm_events.hpp"
#include "sim/kernel/mm/reclaim/write_plug.hpp"
#include "sim/kernel/mm/zone.hpp"

namespace mhp::kernel {

/// Fewest pages that reclaim works on at once (SWAP_CLUSTER_MAX).
inline constexpr std::int64_t kSwapClusterMax = 32;
/// Reclaim begins by looking at 1/4096 of a list (DEF_PRIORITY).
inline constexpr int kDefPriority = 12;
/// Above this order a request is costly: it may fail (PAGE_ALLOC_COSTLY_ORDER).
inline constexpr int kCostlyOrder = 3;

/// vm.swappiness at which anonymous memory alone goes (MAX_SWAPPINESS).
inline constexpr std::int64_t kMaxSwappiness = 200;

/// Free pages that compaction wants beyond the watermark.
constexpr std::int64_t compact_gap(int order) { return std::int64_t{2} << order; }

/// One run of reclaim: what it is to do and what it has done (struct scan_control).
struct ScanControl {
  Reclaimer who = Reclaimer::direct;
  CpuId cpu;  ///< whose lists get what is freed; not valid: the first one of the pages' node
  WritePlug plug;
  int order = 0;
  ZoneType highest = ZoneType::normal;  ///< reclaim_idx
  int priority = kDefPriority;          ///< looks at 1/2^priority of each list
  std::int64_t nr_to_reclaim = kSwapClusterMax;
  std::int64_t nr_reclaimed = 0;
  std::int64_t nr_scanned = 0;
  std::int64_t nr_taken = 0;      ///< looked at on inactive lists, in this round
  std::int64_t nr_writeback = 0;  ///< of these, being written
  std::int64_t nr_immediate = 0;  ///< of these, met by kswapd again and again
  /// What may end the task; null: nothing.
  const TaskSignals* signals = nullptr;
  bool kthread = false;  ///< PF_KTHREAD: does not wait for what others have isolated
  bool may_writepage = true;
  bool may_swap = true;  ///< else page cache alone
  bool compaction_ready = false;
  bool force_deactivate = false;
  bool skipped_deactivate = false;
  bool deactivate_anon = false;  ///< may_deactivate
  bool deactivate_file = false;
  bool cache_trim_mode = false;  ///< there is page cache enough to leave anonymous memory alone
  bool file_is_tiny = false;     ///< there is so little that it must be left alone

  MemcgId target;  ///< the memory cgroup that is at its limit; the root: memory as a whole is short
  bool memcg_low_reclaim = false;  ///< memory.low is not heeded any more
  bool memcg_low_skipped = false;  ///< it was, and spared pages
  bool memcg_full_walk = false;    ///< over all memory cgroups, also once there is enough

  bool cgroup_reclaim() const { return !target.is_root(); }
};

}  // namespace mhp::kernel
