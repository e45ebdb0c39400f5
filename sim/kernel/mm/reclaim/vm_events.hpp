#pragma once

#include <array>
#include <cstdint>

namespace mhp::kernel {

/// Who reclaims: the columns in which /proc/vmstat counts scanned and reclaimed pages.
enum class Reclaimer : std::uint8_t { kswapd, direct };

/// What memory management under pressure has done since boot, under the names of /proc/vmstat.
/// Pages, unless said otherwise.
struct VmEvents {
  std::int64_t pgscan_kswapd = 0;
  std::int64_t pgscan_direct = 0;
  std::int64_t pgscan_anon = 0;
  std::int64_t pgscan_file = 0;
  std::int64_t pgsteal_kswapd = 0;
  std::int64_t pgsteal_direct = 0;
  std::int64_t pgsteal_anon = 0;
  std::int64_t pgsteal_file = 0;
  std::int64_t pgactivate = 0;
  std::int64_t pgdeactivate = 0;
  std::int64_t pgrefill = 0;         ///< scanned on active lists
  std::int64_t slabs_scanned = 0;    ///< objects that shrinkers have looked at
  std::int64_t nr_vmscan_write = 0;  ///< handed to writeback by reclaim
  std::int64_t pswpout = 0;
  std::int64_t pswpin = 0;
  std::int64_t workingset_refault_anon = 0;  ///< evicted pages that came back
  std::int64_t workingset_refault_file = 0;
  std::int64_t workingset_activate_anon = 0;  ///< of these, soon enough to count as in use
  std::int64_t workingset_activate_file = 0;
  std::int64_t workingset_restore_anon = 0;  ///< of these, those that had been known as in use
  std::int64_t workingset_restore_file = 0;

  std::int64_t allocstall = 0;      ///< direct reclaims (allocstall_*, all zones)
  std::int64_t pageoutrun = 0;      ///< rounds of kswapd
  std::int64_t kswapd_wakeups = 0;  ///< times that a sleeping kswapd was woken
  std::int64_t throttled = 0;       ///< direct reclaims that waited for kswapd (pfmemalloc)
  /// Looks of direct reclaim at a list of which others had too much isolated (too_many_isolated).
  std::int64_t throttled_isolated = 0;
  std::int64_t drop_pagecache = 0;
  std::int64_t oom_kill = 0;  ///< tasks killed
  /// Of these, for requests that a memory policy binds to some nodes (CONSTRAINT_MEMORY_POLICY).
  std::int64_t oom_kill_memory_policy = 0;
  /// Free in ZONE_MOVABLE when the OOM killer was first called for a request that may not have it;
  /// -1: it never was.
  std::int64_t oom_free_movable = -1;
  std::int64_t alloc_fail = 0;  ///< requests that the slow path answered with nothing

  std::int64_t compact_stall = 0;    ///< direct compactions
  std::int64_t compact_success = 0;  ///< of these, those after which the request was met
  std::int64_t compact_fail = 0;
  std::int64_t compact_daemon_wake = 0;
  std::int64_t compact_migrate_scanned = 0;
  std::int64_t compact_free_scanned = 0;
  std::int64_t compact_isolated = 0;
  std::int64_t pgmigrate_success = 0;
  std::int64_t pgmigrate_fail = 0;

  std::int64_t pgdemote_kswapd = 0;
  std::int64_t pgdemote_direct = 0;
  std::int64_t pgpromote_success = 0;
  std::int64_t pgpromote_candidate = 0;
  std::int64_t numa_hint_faults = 0;

  std::int64_t thp_fault_alloc = 0;     ///< huge pages
  std::int64_t thp_fault_fallback = 0;  ///< huge pages

  std::int64_t pgscan() const { return pgscan_kswapd + pgscan_direct; }
  std::int64_t pgsteal() const { return pgsteal_kswapd + pgsteal_direct; }
};

}  // namespace mhp::kernel
