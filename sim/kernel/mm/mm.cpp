#include "sim/kernel/mm/mm.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"

namespace mhp::kernel {

namespace {
/// Below this much managed memory, transparent huge pages stay off (hugepage_init,
/// mm/huge_memory.c).
constexpr PageCount kThpLeastMemory{512 * kMiB / kPageSize};
}  // namespace

Mm::Mm(const BootState& boot, const KernelConfig& config, const KernelProfile& profile)
    : profile_(profile),
      watermark_scale_factor_(config.watermark_scale_factor),
      nodes_(boot.nodes.size()),
      distance_(boot.distance),
      min_free_kbytes_(boot.min_free_kbytes) {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    nodes_[n].online = boot.nodes[n].online;
    nodes_[n].has_memory = boot.nodes[n].has_memory;
    nodes_[n].cpus = boot.nodes[n].cpus;
    for (int t = 0; t < kZoneTypes; ++t) {
      Zone& zone = nodes_[n].zones[static_cast<std::size_t>(t)];
      zone.node = NodeId{static_cast<std::int32_t>(n)};
      zone.type = static_cast<ZoneType>(t);
    }
  }
  for (const BootZone& z : boot.zones) boot_zone(z);
  thp_enabled_ = config.transparent_hugepage && mem_total() >= kThpLeastMemory;
  build_all_zonelists();
  if (boot.recompute_watermarks) init_per_zone_wmark_min();
}

void Mm::boot_zone(const BootZone& boot) {
  Zone& z = zone(boot.node, boot.type);
  z.zone_start_pfn = boot.start_pfn;
  z.spanned_pages = boot.spanned;
  z.present_pages = z.present_early_pages = boot.present;
  z.managed_pages = boot.managed;
  z.watermark = boot.watermark;
  z.lowmem_reserve = boot.lowmem_reserve;
  for (const PfnRange& r : boot.online) z.online.insert(r.start.value, r.end.value);
  for (const PfnRange& r : boot.free) z.buddy.append(r);
  z.in_use_pages = z.managed_pages - z.buddy.free_pages();
  set_zone_contiguous(z);
}

Zone* Mm::zone_of(Pfn pfn) {
  for (Node& n : nodes_)
    for (Zone& z : n.zones)
      if (z.online.contains(pfn.value)) return &z;
  return nullptr;
}

bool Mm::watermark_ok(const Zone& zone, PageCount mark, const AllocRequest& rq) const {
  // __zone_watermark_ok: min reserves halve for GFP_ATOMIC, and a quarter less again as it cannot
  // sleep.
  std::int64_t min = mark.value;
  if (rq.atomic) {
    min -= min / 2;
    min -= min / 4;
  }
  const std::int64_t reserve = zone.lowmem_reserve[static_cast<std::size_t>(rq.highest)].value;
  const std::int64_t usable = zone.buddy.free_pages().value - ((std::int64_t{1} << rq.order) - 1);
  return usable > min + reserve && zone.buddy.has_block(rq.order);
}

std::optional<Allocation> Mm::alloc_pages(const AllocRequest& rq) {
  for (const bool low : {true, false}) {
    for (const ZoneRef ref : node(rq.node).zonelist) {
      if (ref.type > rq.highest || ref.node == rq.avoid) continue;
      if (rq.this_node && ref.node != rq.node) continue;
      Zone& z = zone(ref.node, ref.type);
      AllocRequest plain = rq;
      if (low) plain.atomic = false;
      if (!watermark_ok(z, low ? z.watermark.low : z.watermark.min, plain)) continue;
      const auto pfn = rq.order == kPageblockOrder ? z.pageblocks.take(rq.type, z.buddy)
                                                   : z.buddy.allocate(rq.order, rq.type);
      if (!pfn) continue;
      z.in_use_pages += PageCount{std::int64_t{1} << rq.order};
      return Allocation{*pfn, ref.node, ref.type};
    }
  }
  return std::nullopt;
}

void Mm::free_pages(Pfn pfn, int order) {
  Zone* z = zone_of(pfn);
  MHP_INVARIANT(z != nullptr, "freeing pfn {} that is not online", pfn.value);
  z->buddy.free(pfn, order);
  z->in_use_pages -= PageCount{std::int64_t{1} << order};
}

PageCount Mm::mem_total() const {
  PageCount n;
  for (const Node& node : nodes_)
    for (const Zone& z : node.zones) n += z.managed_pages;
  return n;
}

PageCount Mm::mem_free() const {
  PageCount n;
  for (const Node& node : nodes_)
    for (const Zone& z : node.zones) n += z.free_pages();
  return n;
}

std::int64_t Mm::online_cpus() const {
  std::int64_t n = 0;
  for (const Node& node : nodes_) n += node.cpus;
  return n;
}

std::int64_t Mm::online_nodes() const {
  return std::count_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return n.online; });
}

std::int64_t Mm::populated_zones() const {
  std::int64_t n = 0;
  for (const Node& node : nodes_)
    n += std::count_if(node.zones.begin(), node.zones.end(),
                       [](const Zone& z) { return z.populated(); });
  return n;
}

void Mm::check_conservation() const {
  for (const Node& node : nodes_) {
    for (const Zone& z : node.zones) {
      MHP_INVARIANT(z.spanned_pages >= z.present_pages &&
                        z.present_pages + z.isolated_pages >= z.managed_pages,
                    "zone {} of node {}: spanned {} present {} managed {}", zone_name(z.type),
                    z.node.value, z.spanned_pages.value, z.present_pages.value,
                    z.managed_pages.value);
      MHP_INVARIANT(z.conserves_pages(),
                    "zone {} of node {}: {} managed, but {} free, {} in use and {} isolated",
                    zone_name(z.type), z.node.value, z.managed_pages.value, z.free_pages().value,
                    z.in_use_pages.value, z.isolated_pages.value);
    }
  }
}

void Mm::validate() const {
  check_conservation();
  for (const Node& node : nodes_)
    for (const Zone& z : node.zones) z.buddy.validate();
}

}  // namespace mhp::kernel
