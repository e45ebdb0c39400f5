#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace early_kernel_zone_lookup_placement {
namespace {

// pfn_to_online_page answers for a page frame of an offline section by looking up its memory block.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(
      request, [&](PfnRange block) { return early_in_kernel_zone(request, block, When::add); });
}

}  // namespace
}  // namespace early_kernel_zone_lookup_placement

void register_placement_early_kernel_zone_lookup(PlacementRegistry& registry) {
  registry.add(
      {.name = "early_kernel_zone_lookup",
       .doc = "as early_kernel_zone, and pfn_to_online_page finds the heads of blocks that are "
              "offline by looking the block up; no kernel has it",
       .decide = early_kernel_zone_lookup_placement::decide,
       .kernels = "",
       .position = "P9",
       .proposed = "Michal Hocko on 25 March 2021",
       .assumes = {"whoever asks pfn_to_online_page finds the head, the search for the ends of a "
                   "zone among them",
                   "the look-up is not priced"}});
}

}  // namespace mhp::kernel
