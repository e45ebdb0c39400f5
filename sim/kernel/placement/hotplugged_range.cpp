#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

namespace {

// The rules of mhp_supports_memmap_on_memory (mm/memory_hotplug.c, Linux 6.12) and, for kernels
// before 6.8, the demand that the range is exactly one block.
Placement decide(const PlacementRequest& rq, const KernelProfile& profile) {
  const auto refuse = [](const char* reason) { return Placement{PageCount{0}, reason}; };
  if (!profile.memmap_on_memory_multi_block && rq.added != rq.block_pages)
    return refuse(
        "this kernel places the memmap in the range only if the range is exactly one memory block");
  if (rq.memmap_pages == rq.block_pages)
    return refuse("the memmap would fill the whole memory block");
  if (rq.memmap_pages.value % kPageblockPages != 0)
    return refuse("the memmap of one memory block is not a whole number of pageblocks");
  return Placement{rq.memmap_pages, {}};
}

}  // namespace

void register_placement_hotplugged_range(PlacementRegistry& registry) {
  registry.add({"hotplugged_range",
                "memmap in the head of each added memory block (memory_hotplug.memmap_on_memory=1)",
                decide});
}

}  // namespace mhp::kernel
