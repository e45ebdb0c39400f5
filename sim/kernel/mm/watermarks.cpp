// min_free_kbytes, watermarks and lowmem reserves: mm/page_alloc.c and mm/khugepaged.c of
// Linux 6.12, and the one rule that 6.5 and older have otherwise (Movable counts as low memory).
#include "sim/kernel/mm/watermarks.hpp"

#include <algorithm>

#include "sim/kernel/mm/int_sqrt.hpp"

namespace mhp::kernel {

namespace {

/// Below this much managed memory, transparent huge pages stay off (hugepage_init,
/// mm/huge_memory.c).
constexpr Bytes kThpLeastMemory{512 * kMiB};
/// SWAP_CLUSTER_MAX and the cap: min of a Movable zone is managed/1024 within these.
constexpr std::int64_t kMovableMinLeast = 32;
constexpr std::int64_t kMovableMinMost = 128;
/// sysctl lowmem_reserve_ratio for DMA, DMA32, Normal; Movable reserves nothing.
constexpr std::array<std::int64_t, kZoneTypes> kLowmemReserveRatio{256, 256, 32, 0, 0};
/// 2 pageblocks and 9 = MIGRATE_PCPTYPES squared for fallback stealing, a zone
/// (set_recommended_min_free_kbytes).
constexpr std::int64_t kThpPageblocksPerZone = 2 + 9;

/// a * b / c; the product may need more than 64 bits (pages of 32 TiB times min_free_kbytes).
std::int64_t scale(std::int64_t a, std::int64_t b, std::int64_t c) {
  if (b == 0) return 0;  // of the zones that are empty, which are most
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product / c;
  return static_cast<std::int64_t>(static_cast<__int128>(a) * b / c);
}

/// How far a request may go into a zone's reserves.
struct Privileges {
  bool atomic = false;
  bool oom_victim = false;
};

bool stays_above(const Zone& zone, PageCount mark, const AllocRequest& rq, Privileges may,
                 PageCount free) {
  // min reserves halve for GFP_ATOMIC, and a quarter less again as it cannot sleep.
  std::int64_t min = mark.value;
  if (may.atomic) {
    min -= min / 2;
    min -= min / 4;
  }
  if (may.oom_victim) min -= min / 2;
  const std::int64_t reserve = zone.lowmem_reserve[static_cast<std::size_t>(rq.highest)].value;
  // __zone_watermark_unusable_free: what the kernel's own requests may not have.
  const PageCount cma =
      rq.type == MigrateType::movable ? PageCount{0} : zone.buddy.free_cma_pages();
  const std::int64_t usable = (free - cma).value - ((std::int64_t{1} << rq.order) - 1);
  return usable > min + reserve && zone.buddy.has_block(rq.order, rq.type);
}

}  // namespace

ZoneWatermarks::ZoneWatermarks(const BootState& boot, const KernelConfig& config,
                               const KernelProfile& profile)
    : Zonelists(boot, profile),
      watermark_scale_factor_(config.watermark_scale_factor),
      min_free_kbytes_(boot.min_free_kbytes),
      thp_{config.transparent_hugepage, config.transparent_hugepage_defrag} {
  for (const BootZone& z : boot.zones) {
    update_pcp_limits(zone(z.node, z.type));
    if (z.pcp_batch > 0) zone(z.node, z.type).pcp_limits.batch = z.pcp_batch;
  }
  if (geometry().bytes_of(mem_total()) < kThpLeastMemory) thp_.enabled = ThpEnabled::never;
  if (!boot.recompute_watermarks) return;
  init_per_zone_wmark_min();
  // hugepage_init computes once more, from the watermarks there are by then.
  if (!thp_.possible() && geometry().bytes_of(mem_total()) >= kThpLeastMemory)
    set_transparent_hugepage(false);
}

// Pages above the high watermark that the zones up to Normal of this zonelist hold.
PageCount ZoneWatermarks::nr_free_buffer_pages() const {
  PageCount n;
  const auto self = std::find_if(all_nodes().begin(), all_nodes().end(),
                                 [](const Node& node) { return !node.zonelist.empty(); });
  if (self == all_nodes().end()) return n;
  for (const ZoneRef ref : self->zonelist) {
    if (!is_kernel_zone(ref.type)) continue;
    const Zone& z = zone(ref.node, ref.type);
    n += std::max(PageCount{0}, z.managed_pages - z.wmark(Mark::high));
  }
  return n;
}

void ZoneWatermarks::calculate_min_free_kbytes() {
  constexpr std::int64_t kLeast = 128;
  constexpr std::int64_t kMost = 262144;
  const std::int64_t wanted = int_sqrt(nr_free_buffer_pages().value * kib_per_page() * 16);
  if (wanted > user_min_free_kbytes_) min_free_kbytes_ = std::clamp(wanted, kLeast, kMost);
}

void ZoneWatermarks::init_per_zone_wmark_min() {
  calculate_min_free_kbytes();
  if (thp_.possible()) {
    setup_watermarks_alone();
    raise_to_recommended_min_free_kbytes();
  }
  setup_per_zone_wmarks();
  setup_per_zone_lowmem_reserve();
}

// set_recommended_min_free_kbytes, up to its setup_per_zone_wmarks.
void ZoneWatermarks::raise_to_recommended_min_free_kbytes() {
  std::int64_t kernel_zones = 0;
  for (const Node& n : all_nodes())
    kernel_zones += std::count_if(n.zones.begin(), n.zones.end(), [](const Zone& z) {
      return z.populated() && is_kernel_zone(z.type);
    });
  const std::int64_t recommended =
      std::min(kernel_zones * kThpPageblocksPerZone * geometry().pageblock_pages(),
               nr_free_buffer_pages().value / 20);
  min_free_kbytes_ = std::max(min_free_kbytes_, recommended * kib_per_page());
}

void ZoneWatermarks::set_min_free_kbytes(std::int64_t kbytes) {
  user_min_free_kbytes_ = min_free_kbytes_ = kbytes;
  setup_per_zone_wmarks();
}

void ZoneWatermarks::set_watermark_scale_factor(std::int64_t factor) {
  watermark_scale_factor_ = factor;
  setup_per_zone_wmarks();
}

void ZoneWatermarks::set_transparent_hugepage(bool enabled) {
  thp_.enabled = enabled ? ThpEnabled::always : ThpEnabled::never;
  if (enabled)
    raise_to_recommended_min_free_kbytes();
  else
    calculate_min_free_kbytes();
  setup_per_zone_wmarks();
}

void ZoneWatermarks::setup_per_zone_wmarks() {
  setup_watermarks_alone();
  for (Node& n : all_nodes()) {
    if (!n.online) continue;
    for (Zone& z : n.zones) update_pcp_limits(z);
  }
}

void ZoneWatermarks::setup_watermarks_alone() {
  const std::int64_t pages_min = min_free_kbytes_ / kib_per_page();
  const auto excluded = [&](const Zone& z) {
    return profile().watermarks_exclude_movable && z.type == ZoneType::movable;
  };
  std::int64_t lowmem = 0;
  for (const Node& n : all_nodes())
    for (const Zone& z : n.zones)
      if (!excluded(z)) lowmem += z.managed_pages.value;
  for (Node& n : all_nodes()) {
    if (!n.online) continue;
    for (Zone& z : n.zones) {
      const std::int64_t managed = z.managed_pages.value;
      const std::int64_t share = scale(pages_min, managed, std::max<std::int64_t>(lowmem, 1));
      const std::int64_t min =
          excluded(z) ? std::clamp(managed / 1024, kMovableMinLeast, kMovableMinMost) : share;
      const std::int64_t scaled = scale(managed, watermark_scale_factor_, 10'000);
      const std::int64_t gap = std::max(share / 4, scaled);
      z.watermark_boost = PageCount{0};
      z.watermark = {PageCount{min}, PageCount{min + gap}, PageCount{min + 2 * gap}};
      z.buddy.note_change();
    }
  }
}

void ZoneWatermarks::setup_per_zone_lowmem_reserve() {
  for (Node& n : all_nodes()) {
    if (!n.online) continue;
    for (std::size_t i = 0; i + 1 < kZoneTypes; ++i) {
      const bool clear = kLowmemReserveRatio[i] == 0 || n.zones[i].managed_pages.value == 0;
      PageCount above;
      for (std::size_t j = i + 1; j < kZoneTypes; ++j) {
        above += n.zones[j].managed_pages;
        n.zones[i].lowmem_reserve[j] = clear ? PageCount{0} : above / kLowmemReserveRatio[i];
      }
    }
  }
}

void ZoneWatermarks::update_pcp_limits(Zone& z) {
  if (pcp_holds_single_pages(profile())) {
    z.pcp_open_limits = pcp_limits_of_single_pages(z.managed_pages, high_fraction_, geometry());
  } else {
    const std::int64_t own = node(z.node).cpus;
    z.pcp_open_limits = pcp_limits(z.managed_pages, z.watermark.low, own > 0 ? own : online_cpus(),
                                   high_fraction_, geometry());
  }
  z.pcp_limits = z.pcp_disabled > 0 ? kPcpDisabled : z.pcp_open_limits;
}

void ZoneWatermarks::set_percpu_pagelist_high_fraction(std::int64_t fraction) {
  high_fraction_ = fraction;
  for (Node& n : all_nodes())
    for (Zone& z : n.zones) update_pcp_limits(z);
}

bool ZoneWatermarks::watermark_ok(const Zone& zone, PageCount mark, const AllocRequest& rq,
                                  PageCount free) {
  return stays_above(zone, mark, rq, {rq.atomic, rq.oom_victim}, free);
}

// Only the slow path's `min` may be undercut, and a single page asked for atomically ignores its
// boost. Whoever finds a zone below its high watermark leaves a note for those who free.
bool ZoneWatermarks::may_take(Zone& zone, const AllocRequest& rq, Mark mark) {
  if (mark == Mark::none) return true;
  Privileges may;
  if (mark == Mark::min) may = {rq.atomic, rq.oom_victim};
  const PageCount free = zone.buddy.free_pages();
  if (!zone.below_high) {
    if (stays_above(zone, zone.wmark(Mark::high), rq, may, free)) return true;
    zone.below_high = true;
  }
  const bool boosted = !(mark == Mark::min && rq.atomic && rq.order == 0);
  return stays_above(zone, boosted ? zone.wmark(mark) : zone.watermark.of(mark), rq, may, free);
}

// What was drained may have brought the zone above its mark.
void ZoneWatermarks::clear_below_high(Zone& z) {
  if (z.below_high &&
      watermark_ok(z, z.wmark(Mark::high), {.highest = ZoneType::movable}, z.buddy.free_pages()))
    z.below_high = false;
}

}  // namespace mhp::kernel
