#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace {

Plan decide(const PlacementRequest& request, PfnRange block, const KernelProfile& profile,
            const Surroundings&) {
  return memmap_on_memory(request, block, profile, request.memmap_pages);
}

}  // namespace

void register_placement_hotplugged_range(PlacementRegistry& registry) {
  registry.add({"hotplugged_range",
                "memmap in the head of each added memory block (memory_hotplug.memmap_on_memory=1)",
                decide});
}

}  // namespace mhp::kernel
