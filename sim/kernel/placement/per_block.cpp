#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/placement/common/per_block_map.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

namespace per_block_placement {
namespace {

// Each run of blocks with one choice is planned as an addition of its own
// (/sys/firmware/memory/memoryX/memmap_on_memory, written before the block is configured).
Plans decide(const PlacementRequest& request, const KernelProfile& profile,
             const Surroundings& there) {
  const auto runs = per_block_map(there.config);
  MHP_INVARIANT(runs.has_value(), "a map of placements that nobody has checked");
  std::int64_t skip =
      std::count_if(there.blocks.begin(), there.blocks.end(),
                    [](const MemoryBlock& block) { return block.present() && !block.boot; });
  Plans plans;
  std::int64_t planned = 0;
  for (const PerBlockRun& run : *runs) {
    const std::int64_t skipped = std::min(skip, run.blocks);
    skip -= skipped;
    const std::int64_t blocks = std::min(run.blocks - skipped, request.blocks() - planned);
    if (blocks == 0) continue;
    PlacementRequest part = request;
    part.range = {request.block(planned).start, request.block(planned + blocks - 1).end};
    for (const Plan& plan : placements().find(run.placement)->decide(part, profile, there))
      plans.push_back(plan);
    planned += blocks;
  }
  return plans;
}

}  // namespace
}  // namespace per_block_placement

void register_placement_per_block(PlacementRegistry& registry) {
  registry.add({.name = "per_block",
                .doc = "a placement for each memory block, in the order in which they are added "
                       "(kernel.memmap_per_block, or kernel.memmap_boot_blocks in boot memory and "
                       "the rest in the range)",
                .decide = per_block_placement::decide,
                .kernels = "s390 from 6.19",
                .position = "P15",
                .proposed = "Sumanth Korikkar in 2025",
                .depends_on_others = true});
}

}  // namespace mhp::kernel
