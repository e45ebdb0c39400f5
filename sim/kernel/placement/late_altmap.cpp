#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace late_altmap_placement {
namespace {

// MEM_PHYS_ONLINE: an addition registers the memory block, and what else it does is done when the
// block goes online, and undone when it goes offline.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request, [&](PfnRange block) {
    Plan plan = in_head(request, block, block, request.memmap_pages);
    if (!plan.refused()) plan.memmap.populated = When::online;
    return plan;
  });
}

}  // namespace
}  // namespace late_altmap_placement

void register_placement_late_altmap(PlacementRegistry& registry) {
  registry.add(
      {.name = "late_altmap",
       .doc = "as hotplugged_range, but memory is mapped and gets its memmap when it goes "
              "online: an addition registers memory blocks and nothing else; no kernel has it",
       .decide = late_altmap_placement::decide,
       .kernels = "",
       .position = "P17",
       .proposed = "Sumanth Korikkar in November 2023 (v1 for s390; refused)",
       .assumes = {"the direct map comes and goes with the memmap"}});
}

}  // namespace mhp::kernel
