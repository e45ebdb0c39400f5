#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace subsection_map_placement {
namespace {

// A bit for each 2 MiB says what is online, so that a head can be while the rest of its section is
// not: 8 bytes more a section.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request, [&](PfnRange block) {
    Plan plan = early_in_kernel_zone(request, block, When::add);
    if (!plan.refused()) plan.per_section = Bytes{8};
    return plan;
  });
}

}  // namespace
}  // namespace subsection_map_placement

void register_placement_subsection_map(PlacementRegistry& registry) {
  registry.add(
      {.name = "subsection_map",
       .doc = "as early_kernel_zone, with a map of what is online in pieces of 2 MiB, so that a "
              "head is online while the rest of its block is not; no kernel has it",
       .decide = subsection_map_placement::decide,
       .kernels = "",
       .position = "P11",
       .proposed = "Oscar Salvador and David Hildenbrand in October 2020 (rejected as too tricky)",
       .assumes = {"heads are written and counted when they are added, in ZONE_NORMAL"}});
}

}  // namespace mhp::kernel
