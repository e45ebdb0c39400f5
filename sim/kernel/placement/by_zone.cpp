#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace by_zone_placement {
namespace {

// The zone is not known when memory is added: what counts is where it would go by default
// (default_zone_for_pfn).
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings& there) {
  const bool kernel = is_kernel_zone(there.default_zone);
  return each_block(request, [&](PfnRange block) {
    return kernel ? packed(request, block, request.range, When::add)
                  : in_head(request, block, block, request.memmap_pages);
  });
}

}  // namespace
}  // namespace by_zone_placement

void register_placement_by_zone(PlacementRegistry& registry) {
  registry.add({.name = "by_zone",
                .doc = "as per_device where the range would go to a kernel zone by default, as "
                       "hotplugged_range where it would go to ZONE_MOVABLE; no kernel has it",
                .decide = by_zone_placement::decide,
                .kernels = "",
                .position = "P4",
                .proposed = "Michal Hocko on 3 April 2019"});
}

}  // namespace mhp::kernel
