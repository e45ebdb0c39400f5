#include "sim/kernel/placement/memmap_on_memory.hpp"

namespace mhp::kernel {

void register_placement_hotplugged_range(PlacementRegistry& registry) {
  registry.add({"hotplugged_range",
                "memmap in the head of each added memory block (memory_hotplug.memmap_on_memory=1)",
                [](const PlacementRequest& rq, const KernelProfile& profile) {
                  return memmap_on_memory(rq, profile, rq.memmap_pages);
                }});
}

}  // namespace mhp::kernel
