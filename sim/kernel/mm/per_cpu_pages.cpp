#include "sim/kernel/mm/per_cpu_pages.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace mhp::kernel {

namespace {

/// Refills and drains double up to this many times (CONFIG_PCP_BATCH_SCALE_MAX).
constexpr int kScaleMax = 5;
/// Batches that a list keeps while kswapd works on its zone (nr_pcp_high).
constexpr std::int64_t kBatchesUnderReclaim = 4;
/// Largest share of a zone that the lists of a node's CPUs may hold: 1 in this many pages
/// (MIN_PERCPU_PAGELIST_HIGH_FRACTION).
constexpr std::int64_t kHighMaxFraction = 8;
/// Intervals after which lists of another node's zone are idle (refresh_cpu_vm_stats).
constexpr int kIdleIntervals = 3;
/// Largest batch where the share of a zone is given, and lists hold single pages alone
/// (zone_set_pageset_high_and_batch of 5.13).
constexpr std::int64_t kMostBatchOfShare = 8 * 12;
/// More a batch is not worth the lock's hold time (zone_batchsize).
constexpr Bytes kMostBatch{kMiB};

bool drains_by(PcpDrain rule, const PcpZone& zone) {
  return zone.buddy.profile().pcp_drain == rule;
}

/// zone_batchsize; 0 for the smallest zones.
std::int64_t zone_batchsize(PageCount managed, const Geometry& geometry) {
  const std::int64_t most = geometry.pages_of(kMostBatch).value;
  const std::int64_t quarter = std::max<std::int64_t>(std::min(managed.value / 1024, most) / 4, 1);
  // One less than a power of two: powers of two fall on few cache colours.
  return static_cast<std::int64_t>(
             std::bit_floor(static_cast<std::uint64_t>(quarter + quarter / 2))) -
         1;
}

}  // namespace

PcpLimits pcp_limits(PageCount managed, PageCount low_watermark, std::int64_t cpus,
                     std::int64_t high_fraction, const Geometry& geometry) {
  PcpLimits limits;
  limits.batch = std::max<std::int64_t>(zone_batchsize(managed, geometry), 1);
  const auto share = [&](std::int64_t pages) {
    return std::max(pages / std::max<std::int64_t>(cpus, 1), 4 * limits.batch);
  };
  if (high_fraction > 0) {
    limits.high_min = limits.high_max = share(managed.value / high_fraction);
  } else {
    limits.high_min = share(low_watermark.value);
    limits.high_max = share(managed.value / kHighMaxFraction);
  }
  return limits;
}

PcpLimits pcp_limits_of_single_pages(PageCount managed, std::int64_t fraction,
                                     const Geometry& geometry) {
  PcpLimits limits;
  if (fraction > 0) {
    limits.high_min = managed.value / fraction;
    limits.batch = std::clamp<std::int64_t>(limits.high_min / 4, 1, kMostBatchOfShare);
  } else {
    limits.high_min = 6 * zone_batchsize(managed, geometry);
    limits.batch = std::max<std::int64_t>(zone_batchsize(managed, geometry), 1);
  }
  limits.high_max = limits.high_min;
  return limits;
}

std::size_t PerCpuPages::list_of(int order, MigrateType type, const KernelProfile& profile) {
  if (order <= kPcpMaxOrder)
    return static_cast<std::size_t>(order * kPcpTypes) + list_of_single(type);
  const bool apart = profile.pcp_pageblocks_by_mobility && type == MigrateType::movable;
  return kPageblockLists + (apart ? 1 : 0);
}

std::size_t PerCpuPages::lists_of(const KernelProfile& profile) {
  return pcp_holds_single_pages(profile) ? kPcpTypes : kLists;
}

int PerCpuPages::order_of(std::size_t list, const Geometry& geometry) {
  return list >= kPageblockLists ? geometry.pageblock_order() : static_cast<int>(list) / kPcpTypes;
}

PageCount PerCpuPages::pages_in(PfnRange range, const Geometry& geometry) const {
  PageCount n;
  if (count_ == 0) return n;
  for (std::size_t l = 0; l < kLists; ++l)
    n += PageCount{lists_[l].count_in(range) << order_of(l, geometry)};
  return n;
}

std::optional<Pfn> PerCpuPages::allocate(int order, MigrateType type, const PcpZone& zone) {
  used_ = true;
  free_factor_ >>= 1;
  free_count_ >>= 1;
  PfnRing& list = lists_[list_of(order, type, zone.buddy.profile())];
  if (list.empty()) {
    Buddy::Mode mode = Buddy::Mode::normal;
    if (zone.lock != nullptr) zone.lock->hold(cpu_, *zone.receipt);
    for (std::int64_t left = refill_blocks(order, zone); left > 0; --left) {
      const auto pfn = zone.buddy.allocate(order, type, mode);
      if (!pfn) break;
      list.push_back(*pfn);
      if (zone.lock != nullptr) zone.lock->taken(*pfn, order, *zone.receipt);
      count_ += std::int64_t{1} << order;
    }
    if (list.empty()) return std::nullopt;
  }
  count_ -= std::int64_t{1} << order;
  due_ = std::min(due_, count_);
  return list.pop_front();
}

PageRun PerCpuPages::take_listed(MigrateType type, std::int64_t most) {
  PfnRing& list = lists_[list_of_single(type)];
  if (list.empty()) return {};
  const PageRun run = list.pop_front(most);
  used_ = true;
  free_factor_ >>= std::min(run.pages, 31);
  free_count_ >>= std::min(run.pages, 63);
  count_ -= run.pages;
  due_ = std::min(due_, count_);
  return run;
}

// nr_pcp_alloc
std::int64_t PerCpuPages::refill_blocks(int order, const PcpZone& zone) {
  const std::int64_t pages = zone.tuned() ? refill_pages_tuned(order, zone) : zone.limits.batch;
  return pages > 1 ? std::max<std::int64_t>(pages >> order, 2) : pages;
}

// Single pages are fetched in portions that double as long as nothing is freed; what is fetched
// widens the list.
std::int64_t PerCpuPages::refill_pages_tuned(int order, const PcpZone& zone) {
  const PcpLimits& limits = zone.limits;
  high_ = std::clamp(high_, limits.high_min, limits.high_max);
  if (high_ < limits.batch) return 1;
  std::int64_t pages = order > 0 ? limits.batch : limits.batch << alloc_factor_;
  if (limits.high_min != limits.high_max && !zone.below_high)
    high_ = std::min(high_ + pages, limits.high_max);
  if (order > 0) return pages;
  const std::int64_t room = std::max(high_ - staying() - limits.batch, limits.batch);
  if (pages <= room && alloc_factor_ < kScaleMax) ++alloc_factor_;
  return std::min(pages, room);
}

bool PerCpuPages::free(Pfn pfn, int order, MigrateType type, const PcpZone& zone) {
  used_ = true;
  alloc_factor_ >>= 1;
  const std::size_t list = list_of(order, type, zone.buddy.profile());
  lists_[list].push_front(pfn);
  count_ += std::int64_t{1} << order;
  const bool high_orders = too_many_high_orders(order, zone);
  if (free_count_ < zone.limits.batch << kScaleMax) free_count_ += std::int64_t{1} << order;
  const std::int64_t high = limit_on_free(high_orders, zone);
  if (staying() < high) return false;
  return release(pages_to_free(high, high_orders, zone), list, zone);
}

std::int64_t PerCpuPages::free_until_full(const PageRun& run, MigrateType type,
                                          const PcpZone& zone) {
  const std::int64_t n = std::min<std::int64_t>(run.pages, room(zone));
  if (n <= 0) return 0;
  used_ = true;
  alloc_factor_ >>= std::min<std::int64_t>(n, 31);
  lists_[list_of_single(type)].push_front(run.front(n));
  count_ += n;
  last_was_high_order_ = false;
  if (zone.tuned()) high_ = std::clamp(high_, zone.limits.high_min, zone.limits.high_max);
  free_count_ = std::max(free_count_, std::min(free_count_ + n, zone.limits.batch << kScaleMax));
  return n;
}

// Single pages that stay below the limit, as long as each leaves it where it is.
std::int64_t PerCpuPages::room(const PcpZone& zone) const {
  const PcpLimits& limits = zone.limits;
  if (!zone.tuned()) return fixed_limit(zone) - 1 - staying();
  if (zone.limited() || (zone.below_high && limits.high_min != limits.high_max)) return 0;
  return std::clamp(high_, limits.high_min, limits.high_max) - 1 - staying();
}

void PerCpuPages::put(Pfn page) {
  lists_[static_cast<std::size_t>(MigrateType::movable)].push_back(page);
  ++count_;
}

// Each portion begins anew with the first list and takes whole blocks, so that many a block larger
// than a batch goes where one hold would have taken few.
bool PerCpuPages::release(std::int64_t pages, std::size_t first_list, const PcpZone& zone) {
  if (!drains_by(PcpDrain::portions, zone)) return release_portion(pages, first_list, zone);
  bool now = true;
  for (; pages > 0 && staying() > 0; pages -= zone.limits.batch)
    now = release_portion(std::min(pages, zone.limits.batch), first_list, zone) && now;
  return now;
}

bool PerCpuPages::release_portion(std::int64_t pages, std::size_t first_list, const PcpZone& zone) {
  pages = std::min(pages, staying());
  if (pages > 0 && zone.lock != nullptr &&
      zone.lock->leaves(cpu_, first_list, pages, *zone.receipt)) {
    due_ += pages;
    return false;
  }
  free_bulk(pages, first_list, zone);
  return true;
}

// Blocks of orders 1 to 3 that are freed one after the other do not stay from 5.18 on: they would
// fragment memory. The lists' cache share is taken to be larger than three batches
// (PCPF_FREE_HIGH_BATCH).
bool PerCpuPages::too_many_high_orders(int order, const PcpZone& zone) {
  const bool high_order = order > 0 && order <= kPcpMaxOrder;
  if (drains_by(PcpDrain::in_turns, zone)) return false;
  if (!zone.tuned()) return high_order && free_factor_ > 0;
  const std::int64_t batch = zone.limits.batch;
  const bool many =
      high_order && last_was_high_order_ && free_count_ >= batch && staying() >= batch;
  last_was_high_order_ = high_order;
  return many;
}

std::int64_t PerCpuPages::fixed_limit(const PcpZone& zone) {
  const PcpLimits& limits = zone.limits;
  return zone.limited() ? std::min(limits.batch * kBatchesUnderReclaim, limits.high_min)
                        : limits.high_min;
}

// nr_pcp_high: pages from which on some go back. While kswapd works on the zone, that is four
// batches at most, so that what is reclaimed is seen and can merge (from 5.14 on).
std::int64_t PerCpuPages::limit_on_free(bool high_orders, const PcpZone& zone) {
  const PcpLimits& limits = zone.limits;
  if (!zone.tuned()) return high_orders ? 0 : fixed_limit(zone);
  high_ = std::clamp(high_, limits.high_min, limits.high_max);
  if (high_ == 0) return 0;
  const std::int64_t high = high_;
  if (high_orders) {
    high_ = std::max(high - (limits.batch << kScaleMax), limits.high_min);
    return 0;
  }
  if (zone.limited()) {
    high_ = std::max(high - std::max(free_count_, limits.batch), limits.high_min);
    return std::min(limits.batch * kBatchesUnderReclaim, high_);
  }
  if (limits.high_min == limits.high_max) return high;
  if (zone.below_high) {
    high_ = std::max(high - std::max(free_count_, limits.batch), limits.high_min);
    return std::max(staying(), limits.high_min);
  }
  const std::int64_t needed = free_count_ + limits.batch;
  if (staying() >= high && high_ < needed)
    high_ = std::clamp(needed, limits.high_min, limits.high_max);
  return high;
}

// nr_pcp_free: at least a batch goes, at least a batch stays. Up to 5.13 it is a batch; up to 5.17
// nothing else bounds how often it doubles.
std::int64_t PerCpuPages::pages_to_free(std::int64_t high, bool high_orders, const PcpZone& zone) {
  const std::int64_t batch = zone.limits.batch;
  const bool tuned = zone.tuned();
  if (high_orders) return tuned ? std::min(staying(), batch << kScaleMax) : staying();
  if (pcp_holds_single_pages(zone.buddy.profile())) return batch;
  if (high < batch) return 1;
  const std::int64_t most = high - batch;
  std::int64_t pages = tuned ? free_count_ : batch << free_factor_;
  const bool bounded = !drains_by(PcpDrain::in_turns, zone);
  if (!tuned && pages < most && (!bounded || free_factor_ < kScaleMax)) ++free_factor_;
  return std::min(std::max(pages, batch), most);
}

// free_pcppages_bulk: from the tail of the first list, and on to the next that has any. In turns a
// list gives as many blocks as lists were looked at for it, or all if no other has any.
void PerCpuPages::free_bulk(std::int64_t pages, std::size_t first_list, const PcpZone& zone) {
  pages = std::min(pages, count_);
  if (pages > 0) used_ = true;
  if (zone.lock != nullptr && pages > 0) zone.lock->hold(cpu_, *zone.receipt);
  const bool in_turns = drains_by(PcpDrain::in_turns, zone);
  const std::size_t lists = lists_of(zone.buddy.profile());
  std::int64_t turn = 0;
  for (std::size_t l = in_turns ? 1 : first_list; pages > 0; l = (l + 1) % lists) {
    ++turn;
    if (lists_[l].empty()) continue;
    if (!in_turns || turn == static_cast<std::int64_t>(lists)) turn = pages;
    do {
      free_oldest(l, zone);
      pages -= std::int64_t{1} << order_of(l, zone.buddy.geometry());
    } while (pages > 0 && --turn > 0 && !lists_[l].empty());
  }
}

void PerCpuPages::free_oldest(std::size_t list, const PcpZone& zone) {
  const int order = order_of(list, zone.buddy.geometry());
  const Pfn pfn = lists_[list].pop_back();
  count_ -= std::int64_t{1} << order;
  const bool by_pageblock = zone.buddy.lists_follow_pageblocks() || order > kPcpMaxOrder;
  const MigrateType type =
      by_pageblock ? zone.buddy.pageblock_type(pfn) : static_cast<MigrateType>(list % kPcpTypes);
  zone.buddy.free(pfn, order, type);
  if (zone.lock != nullptr) ZoneLock::freed(pfn, *zone.receipt);
  if (PageTrace* trace = zone.buddy.trace())
    trace->page_event({.kind = PageEvent::Kind::drained, .pfn = pfn, .order = order, .type = type});
}

void PerCpuPages::decay(const PcpZone& zone) {
  const PcpLimits& limits = zone.limits;
  if (!zone.tuned()) return;
  if (high_ > limits.high_min)
    high_ =
        std::max({staying() - (limits.batch << kScaleMax), high_ - (high_ >> 3), limits.high_min});
  release(staying() - high_, 0, zone);
}

// What goes back shows in the zone's counters, and so is a use to the next round.
void PerCpuPages::vmstat_update(const PcpZone& zone, bool remote) {
  if (std::exchange(used_, false)) intervals_left_ = kIdleIntervals;
  decay(zone);
  if (!remote || intervals_left_ == 0 || staying() == 0 || --intervals_left_ > 0) return;
  release(zone.limits.batch, 0, zone);
}

}  // namespace mhp::kernel
