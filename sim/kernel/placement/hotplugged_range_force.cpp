#include "sim/kernel/placement/memmap_on_memory.hpp"

namespace mhp::kernel {

namespace {

// memory_block_memmap_on_memory_pages (mm/memory_hotplug.c, Linux 6.6 and later): the head is
// rounded up to whole pageblocks; what the memmap does not fill is lost.
Placement decide(const PlacementRequest& rq, const KernelProfile& profile) {
  if (!profile.memmap_on_memory_force)
    return Placement{PageCount{0}, "this kernel does not know memmap_on_memory=force"};
  return memmap_on_memory(rq, profile,
                          PageCount{round_up(rq.memmap_pages.value, rq.pageblock_pages.value)});
}

}  // namespace

void register_placement_hotplugged_range_force(PlacementRegistry& registry) {
  registry.add({"hotplugged_range_force",
                "as hotplugged_range, with the head rounded up to whole pageblocks "
                "(memory_hotplug.memmap_on_memory=force)",
                decide});
}

}  // namespace mhp::kernel
