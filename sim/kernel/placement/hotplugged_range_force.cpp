#include "sim/core/types.hpp"
#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace hotplugged_range_force_placement {
namespace {

// memory_block_memmap_on_memory_pages (mm/memory_hotplug.c, Linux 6.6 and later): the head is
// rounded up to whole pageblocks; what the memmap does not fill is lost.
Plans decide(const PlacementRequest& request, const KernelProfile& profile, const Surroundings&) {
  const PageCount head{round_up(request.memmap_pages.value, request.pageblock_pages.value)};
  return each_block(request, [&](PfnRange block) {
    return profile.memmap_on_memory_force
               ? memmap_on_memory(request, block, profile, head)
               : fall_back(request, block, "this kernel does not know memmap_on_memory=force");
  });
}

}  // namespace
}  // namespace hotplugged_range_force_placement

void register_placement_hotplugged_range_force(PlacementRegistry& registry) {
  registry.add({.name = "hotplugged_range_force",
                .doc = "as hotplugged_range, with the head rounded up to whole pageblocks "
                       "(memory_hotplug.memmap_on_memory=force)",
                .decide = hotplugged_range_force_placement::decide,
                .kernels = "6.6 and later",
                .position = "P14",
                .proposed = "Aneesh Kumar, 2023"});
}

}  // namespace mhp::kernel
