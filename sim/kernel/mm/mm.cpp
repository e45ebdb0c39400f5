#include "sim/kernel/mm/mm.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

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
      min_free_kbytes_(boot.min_free_kbytes),
      reclaim_(std::make_unique<Reclaim>(*this, config)) {
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

Mm::~Mm() = default;

Lru& Mm::lru() { return reclaim_->lru(); }
const Lru& Mm::lru() const { return reclaim_->lru(); }

bool Mm::watermark_ok(const Zone& zone, PageCount mark, const AllocRequest& rq, PageCount free) {
  // min reserves halve for GFP_ATOMIC, and a quarter less again as it cannot sleep.
  std::int64_t min = mark.value;
  if (rq.atomic) {
    min -= min / 2;
    min -= min / 4;
  }
  if (rq.oom_victim) min -= min / 2;
  const std::int64_t reserve = zone.lowmem_reserve[static_cast<std::size_t>(rq.highest)].value;
  const std::int64_t usable = free.value - ((std::int64_t{1} << rq.order) - 1);
  return usable > min + reserve && zone.buddy.has_block(rq.order);
}

bool Mm::allows(const AllocRequest& rq, ZoneRef ref) {
  if (ref.type > rq.highest || ref.node == rq.avoid) return false;
  if (rq.this_node && ref.node != rq.node) return false;
  return rq.nodemask == nullptr ||
         (ref.node.index() < rq.nodemask->size() && (*rq.nodemask)[ref.node.index()]);
}

std::vector<ZoneRef> Mm::zones_of(const AllocRequest& rq) const {
  std::vector<ZoneRef> zones;
  for (const ZoneRef ref : node(rq.node).zonelist)
    if (allows(rq, ref)) zones.push_back(ref);
  return zones;
}

void Mm::drain_all_pages() {
  for (Node& n : nodes_)
    for (Zone& z : n.zones) z.pageblocks.drain(z.buddy);
}

std::optional<Allocation> Mm::get_page_from_freelist(const AllocRequest& rq, Mark mark) {
  // Only the slow path's `min` may be undercut.
  AllocRequest held = rq;
  if (mark != Mark::min) held.atomic = held.oom_victim = false;
  for (const ZoneRef ref : node(rq.node).zonelist) {
    if (!allows(rq, ref)) continue;
    Zone& z = zone(ref.node, ref.type);
    if (mark != Mark::none && !watermark_ok(z, z.watermark.of(mark), held, z.buddy.free_pages()))
      continue;
    const auto pfn = rq.order == kPageblockOrder ? z.pageblocks.take(rq.type, z.buddy)
                                                 : z.buddy.allocate(rq.order, rq.type);
    if (!pfn) continue;
    z.in_use_pages += PageCount{std::int64_t{1} << rq.order};
    return Allocation{*pfn, ref.node, ref.type};
  }
  return std::nullopt;
}

std::optional<Allocation> Mm::alloc_pages(const AllocRequest& rq) {
  if (const auto got = alloc_pages_fast(rq)) return got;
  reclaim_->wake_all_kswapds(rq);
  return get_page_from_freelist(rq, Mark::min);
}

Task<std::optional<Allocation>> Mm::alloc_pages(Host& host, AllocRequest rq) {
  if (const auto got = alloc_pages_fast(rq)) co_return got;
  co_return co_await reclaim_->alloc_pages_slow(host, rq);
}

Task<std::optional<Allocation>> Mm::alloc_pages_slow(Host& host, AllocRequest rq) {
  return reclaim_->alloc_pages_slow(host, rq);
}

void Mm::free_pages(Pfn pfn, int order) {
  Zone* z = zone_of(pfn);
  MHP_INVARIANT(z != nullptr, "freeing pfn {} that is not online", pfn.value);
  z->buddy.free(pfn, order);
  z->in_use_pages -= PageCount{std::int64_t{1} << order};
}

void Mm::free_page_range(PfnRange range) {
  for (Pfn p = range.start; p < range.end;) {
    const int order = largest_order({p, range.end});
    free_pages(p, order);
    p += PageCount{std::int64_t{1} << order};
  }
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
