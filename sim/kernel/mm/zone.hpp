#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/mm/pending_frees.hpp"
#include "sim/kernel/mm/per_cpu_pages.hpp"
#include "sim/kernel/mm/zone_lock.hpp"
#include "sim/kernel/mm/zone_type.hpp"

namespace mhp::kernel {

/// The watermark that a request is held against.
enum class Mark : std::uint8_t { none, min, low, high, promo };

/// Watermarks of a zone, in pages, without boost.
struct Watermarks {
  PageCount min;
  PageCount low;
  PageCount high;
  /// `promo` stands as far above `high` as that above `low`.
  PageCount of(Mark mark) const {
    switch (mark) {
      case Mark::none:
        return PageCount{0};
      case Mark::min:
        return min;
      case Mark::low:
        return low;
      case Mark::high:
        return high;
      case Mark::promo:
        return high + (high - low);
    }
    return PageCount{0};
  }
  bool operator==(const Watermarks&) const = default;
};

/// One zone of one node: its accounting and its free lists. Field names are those of
/// /proc/zoneinfo.
struct Zone {
  NodeId node;
  ZoneType type = ZoneType::dma;
  Pfn zone_start_pfn;
  PageCount spanned_pages;
  PageCount present_pages;
  PageCount managed_pages;        ///< changed by adjust_managed_page_count
  PageCount present_early_pages;  ///< present at boot: what the auto-movable policy counts as
                                  ///< kernel memory
  PageCount in_use_pages;         ///< managed and allocated, counted by allocations and frees alone
  PageCount isolated_pages;  ///< managed and neither free nor allocated: a block on its way online
  PendingFrees pending;      ///< managed, freed, and on a free list once the lock is held
  IntervalSet isolated;      ///< of these, page frames that were free when they were isolated
  Watermarks watermark;
  PageCount watermark_boost;  ///< what kswapd is to free beyond them, and not yet has
  std::array<PageCount, kZoneTypes> lowmem_reserve{};
  bool contiguous = false;
  IntervalSet online;       ///< page frames that are online in this zone (pfn_to_online_page and
                            ///< page_zone); changed by NodeTable::set_online and set_offline
  bool below_high = false;  ///< an allocation found less free than the high watermark
  bool reclaim_active = false;  ///< kswapd works on it (ZONE_RECLAIM_ACTIVE)
  Buddy buddy;
  ZoneLock lock;  ///< over the free lists
  PcpLimits pcp_limits;
  PcpLimits pcp_open_limits;      ///< as they were computed last (pageset_batch, pageset_high_*)
  int pcp_disabled = 0;           ///< by so many; then the limits let nothing stay
  std::vector<PerCpuPages> pcps;  ///< of the CPUs that have used the zone, by number

  /// The lists of one CPU, which come to be when it first uses the zone.
  PerCpuPages& pcp(CpuId cpu);
  PcpZone pcp_zone(Receipt& receipt) {
    return {buddy, pcp_limits, below_high, &lock, &receipt, reclaim_active};
  }
  /// Gives the pages of all per-CPU lists back to the buddy, CPU by CPU (drain_all_pages).
  void drain_pcps(Receipt& receipt);
  PageCount pcp_pages() const;
  PageCount pcp_pages_in(PfnRange range) const;

  /// Pages on the free lists and on per-CPU lists: `free` and `pcp` of /proc/zoneinfo together.
  /// Watermarks see those of the buddy alone.
  PageCount free_pages() const { return buddy.free_pages() + pcp_pages(); }
  /// The same, by what is not free: O(1). It holds after every step of the model.
  PageCount free_by_use() const {
    return managed_pages - pending.pages() - in_use_pages - isolated_pages;
  }
  /// Every managed page is free or soon will be, allocated or isolated: the two sides are counted
  /// independently.
  bool conserves_pages() const { return free_pages() == free_by_use(); }
  /// What free pages are held against: the watermark and the boost (wmark_pages).
  PageCount wmark(Mark mark) const {
    return mark == Mark::none ? PageCount{0} : watermark.of(mark) + watermark_boost;
  }
  void adjust_managed_page_count(PageCount change) {
    managed_pages += change;
    buddy.note_change();
  }
  bool populated() const { return present_pages.value > 0; }
  /// Every page frame of the span is online in this zone.
  bool has_no_hole() const {
    const auto first = online.find(zone_start_pfn.value);
    return !spans_nothing() && first && first->end >= zone_end_pfn().value;
  }
  bool spans_nothing() const { return spanned_pages.value == 0; }
  Pfn zone_end_pfn() const { return zone_start_pfn + spanned_pages; }
  PfnRange span() const { return {zone_start_pfn, zone_end_pfn()}; }
};

/// Raises a zone's watermarks by a pageblock for each of its pageblocks that was to be claimed for
/// another type, up to `factor` / 10,000 of `high` (boost_watermark, vm.watermark_boost_factor);
/// false if it does not.
bool boost_watermark(Zone& zone, std::int64_t factor, std::int64_t claims);

/// Grows the span over a range that is about to be onlined (resize_zone_range).
void grow_span(Zone& zone, PfnRange range);

/// Shrinks the span after part of the zone went offline, to its outermost pages online
/// (shrink_zone_span).
void shrink_span(Zone& zone);

/// Walks the zone from its start in pageblocks until one is not online in this zone, as
/// set_zone_contiguous does, and sets `contiguous`. Returns the number of pageblocks looked at, the
/// failing one included.
std::int64_t set_zone_contiguous(Zone& zone);

}  // namespace mhp::kernel
