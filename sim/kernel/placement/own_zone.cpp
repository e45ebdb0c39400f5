#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace own_zone_placement {
namespace {

// As ZONE_DEVICE has its metadata: no zone of the page allocator counts the head, and it is never
// online.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request,
                    [&](PfnRange block) { return outside_zones(request, block, When::add); });
}

}  // namespace
}  // namespace own_zone_placement

void register_placement_own_zone(PlacementRegistry& registry) {
  registry.add(
      {.name = "own_zone",
       .doc = "memmap in the head of each added memory block, in a zone of its own that the "
              "page allocator does not know; no kernel has it",
       .decide = own_zone_placement::decide,
       .kernels = "",
       .position = "F",
       .proposed = "an alternative of March 2021, as ZONE_DEVICE does with its own",
       .assumes = {"the zone costs nothing: no thresholds, no pagesets, no owner",
                   "whether a zone has no holes is not said of it, and its span never shrinks"}});
}

}  // namespace mhp::kernel
