#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace v5_patch_placement {
namespace {

// Written and counted inside online_pages. try_remove_memory refuses more than one block at a time
// as soon as one of them has a head.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request, [&](PfnRange block) {
    Plan plan = of_single_block(request, block, request.memmap_pages);
    plan.away_alone = !plan.refused();
    return plan;
  });
}

}  // namespace
}  // namespace v5_patch_placement

void register_placement_v5_patch(PlacementRegistry& registry) {
  registry.add(
      {.name = "v5_patch",
       .doc = "memmap in the head of the memory block, if the addition is exactly one; a block "
              "with a head has to be removed alone; no kernel has it",
       .decide = v5_patch_placement::decide,
       .kernels = "",
       .position = "P7",
       .proposed = "Oscar Salvador, v5 of 19 March 2021"});
}

}  // namespace mhp::kernel
