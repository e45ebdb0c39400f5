#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/mm/pfn_ring.hpp"
#include "sim/kernel/mm/zone_lock.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// Largest order besides that of a pageblock for which there are per-CPU lists
/// (PAGE_ALLOC_COSTLY_ORDER).
inline constexpr int kPcpMaxOrder = 3;

/// What bounds the lists.
inline PcpHigh pcp_bound(const KernelProfile& profile) { return profile.pcp_high; }

/// Single pages alone have lists, which hold six batches.
inline bool pcp_holds_single_pages(const KernelProfile& profile) {
  return pcp_bound(profile) == PcpHigh::six_batches;
}

/// Whether there are lists of an order (pcp_allowed_order).
inline bool has_pcp_list(int order, const KernelProfile& profile, const Geometry& geometry) {
  if (pcp_holds_single_pages(profile)) return order == 0;
  return order <= kPcpMaxOrder || order == geometry.pageblock_order();
}

/// `high` moves between high_min and high_max with use; else it is high_min.
inline bool pcp_tunes_itself(const KernelProfile& profile) {
  return pcp_bound(profile) == PcpHigh::auto_tuned;
}

/// How much the lists of one zone may hold, in pages (zone_set_pageset_high_and_batch).
struct PcpLimits {
  std::int64_t batch = 1;  ///< moved between lists and buddy at a time
  std::int64_t high_min = 0;
  std::int64_t high_max = 0;
  bool operator==(const PcpLimits&) const = default;
};
/// Limits by which nothing stays on the lists (zone_pcp_disable).
inline constexpr PcpLimits kPcpDisabled{};

/// Limits of a zone: `managed` pages, its low watermark, `cpus` of its node (of the machine if the
/// node has none). `high_fraction`: vm.percpu_pagelist_high_fraction, 0 if not set.
PcpLimits pcp_limits(PageCount managed, PageCount low_watermark, std::int64_t cpus,
                     std::int64_t high_fraction, const Geometry& geometry = {});
/// The same of lists of single pages alone, which look at the zone's size only. `fraction`:
/// vm.percpu_pagelist_fraction.
PcpLimits pcp_limits_of_single_pages(PageCount managed, std::int64_t fraction,
                                     const Geometry& geometry = {});

/// The zone that per-CPU lists belong to, as they see it.
struct PcpZone {
  Buddy& buddy;
  PcpLimits limits;
  bool below_high = false;      ///< its free pages are below the high watermark (ZONE_BELOW_HIGH)
  ZoneLock* lock = nullptr;     ///< taken to reach the buddy; null: nobody asks
  Receipt* receipt = nullptr;   ///< of the task that works on the lists, if there is a lock
  bool reclaim_active = false;  ///< kswapd works on it (ZONE_RECLAIM_ACTIVE)

  bool tuned() const { return pcp_tunes_itself(buddy.profile()); }
  /// Lists are to be short because kswapd works on the zone; those of single pages alone do not
  /// look (up to 5.13).
  bool limited() const { return reclaim_active && !pcp_holds_single_pages(buddy.profile()); }
};

/// The lists of free pages that one CPU keeps of one zone: an order of up to 3, or of a pageblock,
/// and a migrate type each. The page freed last is handed out first; what is too much goes back to
/// the buddy oldest first. Pages on the lists are free memory that watermarks do not see. After
/// rmqueue_pcplist, nr_pcp_alloc, free_unref_page_commit (free_frozen_page_commit), nr_pcp_free and
/// free_pcppages_bulk of Linux 5.13, 5.15, 6.1, 6.12 and 7.3.
class PerCpuPages {
 public:
  explicit PerCpuPages(CpuId cpu) : cpu_(cpu) {}

  CpuId cpu() const { return cpu_; }
  PageCount count() const { return PageCount{count_}; }
  /// Of these, pages of a range of whole pageblocks.
  PageCount pages_in(PfnRange range, const Geometry& geometry) const;
  /// Pages that the lists may hold now; 0 before the first use of lists that tune themselves.
  PageCount high(const PcpLimits& limits, const KernelProfile& profile) const {
    return PageCount{pcp_tunes_itself(profile) ? high_ : limits.high_min};
  }

  /// Takes a block from its list, which is refilled from the buddy if it is empty. Nothing if the
  /// buddy has none either.
  std::optional<Pfn> allocate(int order, MigrateType type, const PcpZone& zone);
  /// Takes single pages that lie in a row at the head of their list, `most` at most; none if it is
  /// empty.
  PageRun take_listed(MigrateType type, std::int64_t most);
  /// Gives a block of a pageblock of `type` back; true if blocks went to the buddy for it. Whoever
  /// has a receipt gives what is too much to the buddy later, by give_back().
  bool free(Pfn pfn, int order, MigrateType type, const PcpZone& zone);
  /// Gives single pages of one pageblock back, up to the first that may send some to the buddy,
  /// which is left to free(). Says how many.
  std::int64_t free_until_full(const PageRun& run, MigrateType type, const PcpZone& zone);
  /// A page that is free at boot and lies there.
  void put(Pfn page);
  /// Does what was left, with the zone's lock held, as far as nobody else has taken or drained it.
  void give_back(const DueDrain& due, const PcpZone& zone) {
    const std::int64_t pages = std::min(due.pages, due_);
    due_ -= pages;
    free_bulk(pages, due.list, zone);
    due_ = std::min(due_, count_);
  }
  /// Whether a list has a block to hand out without the zone's lock.
  bool has(int order, MigrateType type, const KernelProfile& profile) const {
    return !lists_[list_of(order, type, profile)].empty();
  }
  /// Gives everything back to the buddy (drain_pages_zone).
  void drain(const PcpZone& zone) {
    due_ = 0;
    free_bulk(count_, 0, zone);
  }
  /// The periodic work on a CPU (refresh_cpu_vm_stats). Lists that tune themselves shrink by an
  /// eighth (decay_pcp_high); those of another node's zone (`remote`) give a batch back whenever
  /// nobody has used them for three intervals.
  void vmstat_update(const PcpZone& zone, bool remote);

 private:
  static constexpr std::size_t kPageblockLists = (kPcpMaxOrder + 1) * kPcpTypes;
  /// An order of 0 to 3 and a type, then pageblocks: movable ones second. The last is that of
  /// reclaimable pageblocks up to 5.19, which here go with unmovable ones.
  static constexpr std::size_t kLists = kPageblockLists + kPcpTypes;

  static std::size_t list_of_single(MigrateType type) {
    return static_cast<std::size_t>(type == MigrateType::cma ? MigrateType::movable : type);
  }
  static std::size_t list_of(int order, MigrateType type, const KernelProfile& profile);
  static int order_of(std::size_t list, const Geometry& geometry);
  static std::size_t lists_of(const KernelProfile& profile);
  std::int64_t refill_blocks(int order, const PcpZone& zone);
  std::int64_t refill_pages_tuned(int order, const PcpZone& zone);
  bool too_many_high_orders(int order, const PcpZone& zone);
  std::int64_t limit_on_free(bool high_orders, const PcpZone& zone);
  static std::int64_t fixed_limit(const PcpZone& zone);
  std::int64_t room(const PcpZone& zone) const;
  std::int64_t pages_to_free(std::int64_t high, bool high_orders, const PcpZone& zone);
  void decay(const PcpZone& zone);
  /// Pages that are not on their way to the buddy.
  std::int64_t staying() const { return count_ - due_; }
  /// Blocks go to the buddy, now or later; false if later.
  bool release(std::int64_t pages, std::size_t first_list, const PcpZone& zone);
  /// The same in one hold of the zone's lock (free_pcppages_bulk).
  bool release_portion(std::int64_t pages, std::size_t first_list, const PcpZone& zone);
  void free_bulk(std::int64_t pages, std::size_t first_list, const PcpZone& zone);
  void free_oldest(std::size_t list, const PcpZone& zone);

  CpuId cpu_;
  std::array<PfnRing, kLists> lists_;
  std::int64_t count_ = 0;
  std::int64_t due_ = 0;  // of these, to be given back; never more
  std::int64_t high_ = 0;
  int alloc_factor_ = 0;         // refills in a row double
  int free_factor_ = 0;          // not tuned: drains in a row double
  std::int64_t free_count_ = 0;  // tuned: pages freed in a row
  bool last_was_high_order_ = false;
  bool used_ = false;  // since vmstat_update() looked last
  int intervals_left_ = 0;
};

}  // namespace mhp::kernel
