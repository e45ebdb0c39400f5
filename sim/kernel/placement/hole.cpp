#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace hole_placement {
namespace {

// Nobody writes the struct pages of the head, and no zone has them. The kernel keeps sections with
// holes out of hot-plug; that rule is lifted.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request,
                    [&](PfnRange block) { return outside_zones(request, block, When::never); });
}

}  // namespace
}  // namespace hole_placement

void register_placement_hole(PlacementRegistry& registry) {
  registry.add(
      {.name = "hole",
       .doc = "memmap in the head of each added memory block, which is a hole: in no zone, its "
              "struct pages never written; no kernel has it",
       .decide = hole_placement::decide,
       .kernels = "",
       .position = "G",
       .proposed = "Michal Hocko in March 2021, as a way to look at it",
       .assumes = {"blocks with such a hole can go offline, which kernels refuse"}});
}

}  // namespace mhp::kernel
