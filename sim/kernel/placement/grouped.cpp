#include <algorithm>

#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace grouped_placement {
namespace {

// The group's altmap lies at its start: its first blocks go online first and offline last, and it
// is removed as a whole.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings& there) {
  const std::int64_t group = std::max<std::int64_t>(
      1, request.geometry.pages_of(there.config.memmap_group) / request.block_pages);
  return each_block(request, [&](PfnRange block) {
    const std::int64_t first =
        (block.start - request.range.start) / request.block_pages / group * group;
    const std::int64_t last = std::min(first + group, request.blocks()) - 1;
    Plan plan =
        packed(request, block, {request.block(first).start, request.block(last).end}, When::online);
    if (!plan.refused()) plan.host_first = true;
    return plan;
  });
}

}  // namespace
}  // namespace grouped_placement

void register_placement_grouped(PlacementRegistry& registry) {
  registry.add(
      {.name = "grouped",
       .doc = "memmap of a group of memory blocks (kernel.memmap_group) at its start: the first "
              "goes online first and offline last, all go away together; no kernel has it",
       .decide = grouped_placement::decide,
       .kernels = "",
       .position = "D",
       .proposed = "Sumanth Korikkar and David Hildenbrand in December 2024",
       .assumes = {"groups begin where an addition begins, and its last one may be smaller"}});
}

}  // namespace mhp::kernel
