#include "sim/run/boot_memmap.hpp"

#include <algorithm>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/geometry.hpp"
#include "sim/run/memmap_passes.hpp"

namespace mhp::run {

namespace {

/// Pieces that a thread's share is simulated in; sections, if it has no more of them.
constexpr std::int64_t kPieces = 32;

const kernel::BootZone* highest_zone(const kernel::BootState& boot, NodeId node) {
  const kernel::BootZone* highest = nullptr;
  for (const kernel::BootZone& z : boot.zones)
    if (z.node == node && z.present.value > 0 &&
        (highest == nullptr || z.start_pfn > highest->start_pfn))
      highest = &z;
  return highest;
}

NodeId nearest_processors(const machine::Machine& machine, const machine::Topology& topology,
                          NodeId to) {
  NodeId best;
  for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
    const NodeId from{static_cast<std::int32_t>(n)};
    if (machine.nodes[n].cpus == 0) continue;
    if (best == NodeId{} || topology.latency(from, to) < topology.latency(best, to)) best = from;
  }
  return best;
}

}  // namespace

PageCount deferred_pages(const kernel::BootState& boot, NodeId node) {
  const kernel::BootZone* zone = highest_zone(boot, node);
  if (zone == nullptr) return PageCount{};
  const std::int64_t first =
      round_up(zone->start_pfn.value, kernel::kSectionPages) + kernel::kSectionPages;
  PageCount pages;
  for (const PfnRange& r : zone->free)
    pages += PageCount{std::max<std::int64_t>(0, r.end.value - std::max(first, r.start.value))};
  return pages;
}

SimTime boot_memmap_init_time(const machine::Machine& machine, const machine::Topology& topology,
                              const cost::CostProfile& costs, const kernel::BootState& boot) {
  using kernel::Primitive;
  const MemmapPass pass =
      pass_of({Primitive::struct_page_init, Primitive::struct_page_free}, costs);
  std::vector<MemmapWork> works;
  for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    const std::int64_t pages = deferred_pages(boot, node).value;
    if (pages == 0) continue;
    const std::int64_t cpus = machine.nodes[n].cpus;
    MemmapWork work;
    work.threads = std::max<std::int64_t>(1, cpus);
    work.pages = pages;
    work.cpu_node = cpus > 0 ? node : nearest_processors(machine, topology, node);
    work.memory_node = node;
    work.passes = {pass};
    work.free_to_buddy = true;
    work.grain = std::max(work.grain, round_up(pages / (work.threads * kPieces), work.grain));
    works.push_back(std::move(work));
  }
  return simulate_together(machine, costs, works);
}

}  // namespace mhp::run
