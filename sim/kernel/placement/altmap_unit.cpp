#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace altmap_unit_placement {
namespace {

// The direct map keeps its 1 GiB leaves and the memory its whole GiB, since all of the memmap lies
// at one place.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request, [&](PfnRange block) {
    return in_head(request, block, request.range, request.memmap_pages * request.blocks());
  });
}

}  // namespace
}  // namespace altmap_unit_placement

void register_placement_altmap_unit(PlacementRegistry& registry) {
  registry.add({.name = "altmap_unit",
                .doc =
                    "memmap of the whole range at its start, with one altmap: its memory blocks go "
                    "online, offline and away together; no kernel has it",
                .decide = altmap_unit_placement::decide,
                .kernels = "",
                .position = "P13",
                .proposed = "David Hildenbrand on 7 August 2023"});
}

}  // namespace mhp::kernel
