#include "sim/kernel/mm/node_table.hpp"

#include <algorithm>
#include <limits>

#include "sim/core/invariant.hpp"

namespace mhp::kernel {

NodeTable::NodeTable(const BootState& boot, const KernelProfile& profile)
    : profile_(profile),
      arch_(boot.arch),
      geometry_(boot.arch.geometry()),
      nodes_(boot.nodes.size()),
      zone_changes_(boot.nodes.size() * kZoneTypes),
      distance_(boot.distance) {
  std::int64_t cpus = 0;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    nodes_[n].online = boot.nodes[n].online;
    nodes_[n].has_memory = boot.nodes[n].has_memory;
    nodes_[n].cpus = boot.nodes[n].cpus;
    if (nodes_[n].cpus > 0) nodes_[n].first_cpu = CpuId{static_cast<std::int32_t>(cpus)};
    cpus += nodes_[n].cpus;
    for (int t = 0; t < kZoneTypes; ++t) {
      Zone& zone = nodes_[n].zones[static_cast<std::size_t>(t)];
      zone.node = NodeId{static_cast<std::int32_t>(n)};
      zone.type = static_cast<ZoneType>(t);
      zone.buddy = Buddy(profile, geometry_);
      zone.buddy.tell(
          zone_changes_.mark(static_cast<std::size_t>(zone_index(zone.node, zone.type))));
      zone.lock = ZoneLock(zone.node, zone.type, profile);
    }
  }
  for (const BootZone& z : boot.zones) boot_zone(z);
}

void NodeTable::boot_zone(const BootZone& boot) {
  Zone& z = zone(boot.node, boot.type);
  if (is_kernel_zone(boot.type) && boot.present.value > 0) node(boot.node).has_normal_memory = true;
  z.zone_start_pfn = boot.start_pfn;
  z.spanned_pages = boot.spanned;
  z.present_pages = z.present_early_pages = boot.present;
  z.managed_pages = boot.managed;
  z.watermark = boot.watermark;
  z.lowmem_reserve = boot.lowmem_reserve;
  for (const PfnRange& r : boot.online) set_online(z, r);
  // Pieces smaller than a pageblock are what the kernel's own pages have left of theirs.
  IntervalSet cma;
  for (const PfnRange& r : boot.cma) cma.insert(r.start.value, r.end.value);
  for (const PfnRange& r : boot.free) {
    const bool whole = r.pages().value >= geometry().pageblock_pages();
    cma.for_each_gap_in(r.start.value, r.end.value, [&](std::int64_t start, std::int64_t end) {
      z.buddy.append({Pfn{start}, Pfn{end}}, whole ? MigrateType::movable : MigrateType::unmovable);
    });
    cma.for_each_in(r.start.value, r.end.value, [&](const auto& i) {
      z.buddy.append({Pfn{i.start}, Pfn{i.end}}, MigrateType::cma);
    });
  }
  if (const CpuId cpu = node(boot.node).first_cpu; cpu.valid())
    for (const Pfn page : boot.pcp) z.pcp(cpu).put(page);
  z.in_use_pages = z.managed_pages - z.free_pages();
  set_zone_contiguous(z);
}

Zone* NodeTable::zone_of(Pfn pfn) {
  const SectionZone in = sections_[geometry().section_of(pfn)];
  if (in.has == SectionZone::Has::nothing) return nullptr;
  if (in.has == SectionZone::Has::of_several) return search_zone_of(pfn);
  if (in.has == SectionZone::Has::part && !in.zone->online.contains(pfn.value)) return nullptr;
  return const_cast<Zone*>(in.zone);  // one of nodes_, which the table owns
}

Zone* NodeTable::search_zone_of(Pfn pfn) {
  for (Node& n : nodes_)
    for (Zone& z : n.zones)
      if (z.online.contains(pfn.value)) return &z;
  return nullptr;
}

PfnRange NodeTable::section(std::int64_t number) const {
  return {geometry().section_start(number), geometry().section_start(number + 1)};
}

NodeTable::SectionZone NodeTable::look_at(std::int64_t section) const {
  const PfnRange range = this->section(section);
  SectionZone found;
  for (const Node& n : nodes_)
    for (const Zone& z : n.zones) {
      const std::int64_t pages = z.online.covered(range.start.value, range.end.value);
      if (pages == 0) continue;
      if (found.zone != nullptr) return {SectionZone::Has::of_several, nullptr};
      found = {pages == geometry().section_pages() ? SectionZone::Has::all : SectionZone::Has::part,
               &z};
    }
  return found;
}

void NodeTable::set_online(Zone& z, PfnRange range) {
  if (range.empty()) return;
  z.online.insert(range.start.value, range.end.value);
  const std::int64_t end = geometry().sections_end(range.end);
  for (std::int64_t s = geometry().section_of(range.start); s < end; ++s) {
    SectionZone& in = sections_.at(s);
    const PfnRange here = section(s);
    const bool whole = range.start <= here.start && here.end <= range.end;
    if (whole || z.online.covered(here.start.value, here.end.value) == geometry().section_pages())
      in = {SectionZone::Has::all, &z};
    else if (in.has == SectionZone::Has::nothing || in.zone == &z)
      in = {SectionZone::Has::part, &z};
    else
      in = {SectionZone::Has::of_several, nullptr};
  }
}

void NodeTable::set_offline(Zone& z, PfnRange range) {
  if (range.empty()) return;
  z.online.erase(range.start.value, range.end.value);
  const std::int64_t end = geometry().sections_end(range.end);
  for (std::int64_t s = geometry().section_of(range.start); s < end; ++s) {
    SectionZone& in = sections_.at(s);
    const PfnRange here = section(s);
    if (in.has == SectionZone::Has::of_several)
      in = look_at(s);
    else if (in.zone == &z)
      in = z.online.covered(here.start.value, here.end.value) == 0
               ? SectionZone{}
               : SectionZone{SectionZone::Has::part, &z};
  }
}

PageCount NodeTable::mem_total() const {
  PageCount n;
  for (const Node& node : nodes_)
    for (const Zone& z : node.zones) n += z.managed_pages;
  return n;
}

PageCount NodeTable::present_on(const NodeMask& nodes) const {
  PageCount n;
  for (std::size_t i = 0; i < nodes_.size() && i < nodes.size(); ++i)
    if (nodes[i])
      for (const Zone& z : nodes_[i].zones) n += z.present_pages;
  return n;
}

ZoneType NodeTable::policy_zone() const {
  ZoneType highest = ZoneType::dma;
  for (const Node& node : nodes_)
    for (const ZoneType t : {ZoneType::dma32, ZoneType::normal})
      if (node.zones[static_cast<std::size_t>(t)].present_pages.value > 0)
        highest = std::max(highest, t);
  return highest;
}

PageCount NodeTable::mem_free() const {
  PageCount n;
  for (const Node& node : nodes_)
    for (const Zone& z : node.zones) n += z.free_pages();
  return n;
}

PageCount NodeTable::free_in(ZoneType type) const {
  PageCount n;
  for (const Node& node : nodes_) n += node.zones[static_cast<std::size_t>(type)].free_pages();
  return n;
}

std::int64_t NodeTable::online_cpus() const {
  std::int64_t n = 0;
  for (const Node& node : nodes_) n += node.cpus;
  return n;
}

std::int64_t NodeTable::online_nodes() const {
  return std::count_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return n.online; });
}

std::int64_t NodeTable::populated_zones() const {
  std::int64_t n = 0;
  for (const Node& node : nodes_)
    n += std::count_if(node.zones.begin(), node.zones.end(),
                       [](const Zone& z) { return z.populated(); });
  return n;
}

void NodeTable::check_conservation() const {
  for (const Node& node : nodes_) {
    for (const Zone& z : node.zones) {
      // What is present but holds memmap may have fallen out of the span (shrink_zone_span).
      MHP_INVARIANT(z.spanned_pages >= z.managed_pages &&
                        z.present_pages + z.isolated_pages >= z.managed_pages,
                    "zone {} of node {}: spanned {} present {} managed {}", zone_name(z.type),
                    z.node.value, z.spanned_pages.value, z.present_pages.value,
                    z.managed_pages.value);
      MHP_INVARIANT(
          z.conserves_pages(),
          "zone {} of node {}: {} managed, but {} free, {} being freed, {} in use and {} isolated",
          zone_name(z.type), z.node.value, z.managed_pages.value, z.free_pages().value,
          z.pending.pages().value, z.in_use_pages.value, z.isolated_pages.value);
    }
  }
}

// Those at its ends, and a sample of what lies between: there may be tens of thousands.
void NodeTable::check_sections(const Zone& z, PfnRange online) const {
  constexpr std::int64_t kSample = 64;
  const std::int64_t first = geometry().section_of(online.start);
  const std::int64_t last = geometry().sections_end(online.end) - 1;
  const std::int64_t step = std::max<std::int64_t>(1, (last - first) / kSample);
  for (std::int64_t s = first; s <= last; s = s < last ? std::min(s + step, last) : last + 1)
    MHP_INVARIANT(sections_[s] == look_at(s), "section {} is not known to be in zone {} of node {}",
                  s, zone_name(z.type), z.node.value);
}

void NodeTable::validate() const {
  check_conservation();
  for (const Node& node : nodes_)
    for (const Zone& z : node.zones) {
      z.buddy.validate();
      z.online.for_each_in(0, std::numeric_limits<std::int64_t>::max(), [&](const auto& i) {
        check_sections(z, {Pfn{i.start}, Pfn{i.end}});
      });
    }
}

}  // namespace mhp::kernel
