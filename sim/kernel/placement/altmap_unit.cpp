#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace {

// David Hildenbrand, 7 August 2023: the direct map keeps its 1 GiB leaves and the memory its whole
// GiB, since all of the memmap lies at one place.
Plan decide(const PlacementRequest& request, PfnRange block, const KernelProfile&,
            const Surroundings&) {
  const std::int64_t blocks = request.range.pages() / request.block_pages;
  return in_head(request, block, request.range, request.memmap_pages * blocks);
}

}  // namespace

void register_placement_altmap_unit(PlacementRegistry& registry) {
  registry.add({"altmap_unit",
                "memmap of the whole range at its start, with one altmap: its memory blocks go "
                "online, offline and away together; no kernel has it",
                decide, "proposed by David Hildenbrand on 7 August 2023"});
}

}  // namespace mhp::kernel
