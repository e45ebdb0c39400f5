#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace early_kernel_zone_placement {
namespace {

// Where the space is reserved, its struct pages are written and counted, once, in a zone from which
// memory that cannot move may come. Onlining and offlining do not touch it. Removal goes block by
// block.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(
      request, [&](PfnRange block) { return early_in_kernel_zone(request, block, When::online); });
}

}  // namespace
}  // namespace early_kernel_zone_placement

void register_placement_early_kernel_zone(PlacementRegistry& registry) {
  registry.add(
      {.name = "early_kernel_zone",
       .doc = "memmap in the head of each added memory block, written when it is added and "
              "counted in ZONE_NORMAL whatever zone the block goes to; no kernel has it",
       .decide = early_kernel_zone_placement::decide,
       .kernels = "",
       .position = "P8",
       .proposed = "Michal Hocko on 24 March 2021",
       .assumes = {"pages of the head are present in that zone and leave it when the block is "
                   "removed (the patch was a sketch)"},
       .heads_leave_spans = true});
}

}  // namespace mhp::kernel
