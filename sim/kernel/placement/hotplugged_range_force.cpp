#include "sim/core/types.hpp"
#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace {

// memory_block_memmap_on_memory_pages (mm/memory_hotplug.c, Linux 6.6 and later): the head is
// rounded up to whole pageblocks; what the memmap does not fill is lost.
Plan decide(const PlacementRequest& request, PfnRange block, const KernelProfile& profile,
            const Surroundings&) {
  if (!profile.memmap_on_memory_force)
    return fall_back(request, block, "this kernel does not know memmap_on_memory=force");
  return memmap_on_memory(
      request, block, profile,
      PageCount{round_up(request.memmap_pages.value, request.pageblock_pages.value)});
}

}  // namespace

void register_placement_hotplugged_range_force(PlacementRegistry& registry) {
  registry.add({"hotplugged_range_force",
                "as hotplugged_range, with the head rounded up to whole pageblocks "
                "(memory_hotplug.memmap_on_memory=force)",
                decide});
}

}  // namespace mhp::kernel
