#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace hotplugged_range_placement {
namespace {

// create_altmaps_and_memory_blocks (mm/memory_hotplug.c, Linux 6.12).
Plans decide(const PlacementRequest& request, const KernelProfile& profile, const Surroundings&) {
  return each_block(request, [&](PfnRange block) {
    return memmap_on_memory(request, block, profile, request.memmap_pages);
  });
}

}  // namespace
}  // namespace hotplugged_range_placement

void register_placement_hotplugged_range(PlacementRegistry& registry) {
  registry.add(
      {.name = "hotplugged_range",
       .doc = "memmap in the head of each added memory block "
              "(memory_hotplug.memmap_on_memory=1)",
       .decide = hotplugged_range_placement::decide,
       .kernels = "5.13 to 6.7 for one memory block an addition, 6.8 and later block by block",
       .position = "P10",
       .proposed = "Oscar Salvador, v10 of April 2021 (merged for 5.13)"});
}

}  // namespace mhp::kernel
