#include "sim/kernel/boot/boot_state.hpp"

#include <algorithm>
#include <bit>

#include "sim/core/invariant.hpp"
#include "sim/kernel/boot/early_reservations.hpp"
#include "sim/kernel/placement/placement.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::kernel {

namespace {

struct NodeMemory {
  NodeId node;
  std::vector<PfnRange> ranges;
};

/// Lays the nodes' memory out in node order from where it begins. On a PC the first page frame is
/// never used (BIOS data area), and devices have what lies below 4 GiB.
std::vector<NodeMemory> lay_out(const machine::Description& machine, const Architecture& arch) {
  const Geometry g = arch.geometry();
  std::vector<NodeMemory> out;
  const PageCount kept{arch.pc_memory_map ? 1 : 0};
  const Pfn first = g.pfn_of(arch.memory_start) + kept;
  Pfn next = first;
  const Pfn hole = arch.pc_memory_map ? g.pfn_of(machine.mmio_hole_start) : first;
  for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
    PageCount left = g.pages_of(machine.nodes[n].memory);
    if (left.value == 0) continue;
    if (next == first) left -= kept;
    NodeMemory node{NodeId{static_cast<std::int32_t>(n)}, {}};
    if (next < hole) {
      const PageCount below = std::min(left, hole - next);
      node.ranges.push_back({next, next + below});
      left -= below;
      next += below;
      if (next == hole) next = g.pfn_of(Bytes{4 * kGiB});
    }
    if (left.value > 0) node.ranges.push_back({next, next + left});
    next += left;
    out.push_back(std::move(node));
  }
  return out;
}

Bytes block_size(const std::vector<NodeMemory>& layout, const machine::CpuFeatures& cpu,
                 const KernelConfig& config, const Architecture& arch) {
  const Bytes end = arch.geometry().address_of(layout.back().ranges.back().end);
  return memory_block_size(end, cpu.hypervisor, config.memory_block_size, arch);
}

/// The zone that this part of a node's memory forms, all of it free and managed.
BootZone make_zone(const NodeMemory& memory, ZoneType type, const Architecture& arch) {
  BootZone zone;
  zone.node = memory.node;
  zone.type = type;
  const PfnRange limits = zone_limits(type, arch);
  for (const PfnRange& r : memory.ranges) {
    const PfnRange part{std::max(r.start, limits.start), std::min(r.end, limits.end)};
    if (part.empty()) continue;
    zone.online.push_back(part);
    zone.free.push_back(part);
    zone.present += part.pages();
  }
  if (zone.online.empty()) return zone;
  zone.managed = zone.present;
  zone.start_pfn = zone.online.front().start;
  zone.spanned = zone.online.back().end - zone.start_pfn;
  return zone;
}

/// Takes pages away that the kernel keeps from boot on: not free, not managed. Says which.
PageCount reserve(BootZone& zone, PageCount wanted, std::vector<PfnRange>& kept) {
  PageCount left = std::min(wanted, zone.managed);
  const PageCount taken = left;
  zone.managed -= taken;
  for (auto& r : zone.free) {
    const PageCount n = std::min(left, r.pages());
    if (n.value > 0) kept.push_back({r.start, r.start + n});
    r.start += n;
    left -= n;
  }
  std::erase_if(zone.free, [](const PfnRange& r) { return r.empty(); });
  return taken;
}

/// The first stretch of free memory, from the highest zone of the first node on, that holds so
/// much of what whole pageblocks have.
MemmapReservation reserve_memmap(std::vector<BootZone>& zones, PageCount memmap, PageCount tables,
                                 const Geometry& geometry) {
  for (auto zone = zones.rbegin(); zone != zones.rend(); ++zone) {
    if (zone->node != zones.front().node) continue;
    for (PfnRange& free : zone->free) {
      const Pfn start{round_up(free.start.value, geometry.pmd_pages())};
      const Pfn end = start + memmap + tables;
      // What lies before it stays reserved with it.
      if (end > free.end) continue;
      zone->managed -= end - free.start;
      free.start = end;
      return {{start, start + memmap}, zone->node};
    }
  }
  return {.range = {}, .node = {}, .fits = false};
}

/// The contiguous memory allocator has the end of the first zone (dma_contiguous_reserve).
void reserve_cma(BootZone& zone, PageCount wanted, const Geometry& geometry) {
  if (wanted.value == 0 || zone.free.empty()) return;
  const PfnRange last = zone.free.back();
  const Pfn end = geometry.pageblock_start(geometry.pageblock_of(last.end));
  const PageCount whole{round_up(wanted.value, geometry.pageblock_pages())};
  if (end - last.start >= whole) zone.cma.push_back({end - whole, end});
}

/// The memmaps of a node's ranges are the first of what is kept.
void place_memmaps(const NodeMemory& memory, Vmemmap struct_pages, std::vector<PfnRange> kept,
                   BootState& state) {
  auto from = kept.begin();
  for (const PfnRange& r : memory.ranges) {
    BootMemmap memmap{r, {}};
    for (PageCount left = struct_pages.pages_of(r.pages()); left.value > 0 && from != kept.end();) {
      const PageCount n = std::min(left, from->pages());
      memmap.at.push_back({from->start, from->start + n});
      from->start += n;
      left -= n;
      if (from->empty()) ++from;
    }
    state.memmaps.push_back(std::move(memmap));
  }
}

}  // namespace

PfnRange zone_limits(ZoneType type, const Architecture& arch) {
  const Geometry g = arch.geometry();
  const Pfn dma_end = g.pfn_of(arch.dma_end);
  const Pfn dma32_end = std::max(dma_end, g.pfn_of(arch.dma32_end));
  switch (type) {
    case ZoneType::dma:
      return {Pfn{0}, dma_end};
    case ZoneType::dma32:
      return {dma_end, dma32_end};
    case ZoneType::normal:
      return {dma32_end, Pfn{std::int64_t{1} << 52}};
    case ZoneType::movable:
    case ZoneType::device:
      break;
  }
  return {Pfn{0}, Pfn{0}};
}

Bytes memory_block_size(Bytes boot_end, bool hypervisor, Bytes wanted, const Architecture& arch) {
  switch (arch.block_rule) {
    case BlockRule::probed:
      break;
    case BlockRule::fixed:
      return arch.block_size;
    case BlockRule::advised:
      return wanted.value > 0 ? wanted : arch.block_size;
  }
  constexpr Bytes kLargest{2 * kGiB};
  constexpr Bytes kSmallest{128 * kMiB};
  if (wanted.value > 0) return wanted;
  if (boot_end < Bytes{64 * kGiB}) return kSmallest;
  if (!hypervisor) return kLargest;
  Bytes size = kLargest;
  while (size > kSmallest && boot_end.value % size.value != 0) size = size / 2;
  return size;
}

std::vector<PfnRange> boot_memory(const machine::Description& machine, const Architecture& arch) {
  std::vector<PfnRange> memory;
  for (const NodeMemory& node : lay_out(machine, arch))
    memory.insert(memory.end(), node.ranges.begin(), node.ranges.end());
  return memory;
}

Bytes memory_block_size(const machine::Description& machine, const KernelConfig& config,
                        const Architecture& arch) {
  const auto layout = lay_out(machine, arch);
  MHP_INVARIANT(!layout.empty(), "a machine without boot memory");
  return block_size(layout, machine.cpu, config, arch);
}

BootState boot(const machine::Description& machine, const KernelConfig& config,
               const Architecture& arch) {
  const Geometry g = arch.geometry();
  const Vmemmap struct_pages(config.struct_page_size, g);
  BootState state;
  state.arch = arch;
  state.cpu = machine.cpu;
  state.struct_page_size = config.struct_page_size;
  state.distance = machine.distance;
  const auto layout = lay_out(machine, arch);
  MHP_INVARIANT(!layout.empty(), "a machine without boot memory");
  for (const auto& node : machine.nodes)
    state.nodes.push_back(
        {node.cpus > 0 || node.memory.value > 0, node.memory.value > 0, node.cpus});

  for (const auto& memory : layout) {
    state.memory.insert(state.memory.end(), memory.ranges.begin(), memory.ranges.end());
    PageCount memmap;
    for (const auto& r : memory.ranges) memmap += struct_pages.pages_of(r.pages());
    PageCount left =
        memmap + (&memory == &layout.front() ? g.pages_of(config.reserved_memory) : PageCount{0});
    std::vector<BootZone> zones;
    for (const ZoneType type : {ZoneType::dma, ZoneType::dma32, ZoneType::normal}) {
      BootZone zone = make_zone(memory, type, arch);
      if (zone.present.value > 0) zones.push_back(std::move(zone));
    }
    std::vector<PfnRange> kept;
    for (auto zone = zones.rbegin(); zone != zones.rend(); ++zone)
      left -= reserve(*zone, left, kept);
    place_memmaps(memory, struct_pages, std::move(kept), state);
    state.zones.insert(state.zones.end(), zones.begin(), zones.end());
  }
  const PlacementPolicy* placement = placements().find(config.memmap_placement);
  if (placement != nullptr && placement->reserves_at_boot) {
    const PageCount memmap = struct_pages.pages_of(g.pages_of(config.max_hotpluggable));
    const PageCount tables{round_up(memmap.value, g.pud_pages()) / g.pud_pages()};
    state.memmap_reservation = reserve_memmap(state.zones, memmap, tables, g);
  }
  state.early = reserve_early(state, config);
  reserve_cma(state.zones.front(), g.pages_of(arch.cma), g);
  state.block_pages = g.pages_of(block_size(layout, machine.cpu, config, arch));
  for (const auto& memory : layout)
    for (const auto& r : memory.ranges)
      state.blocks.push_back({r.start.value / state.block_pages.value,
                              (r.end.value - 1) / state.block_pages.value, memory.node});
  return state;
}

}  // namespace mhp::kernel
