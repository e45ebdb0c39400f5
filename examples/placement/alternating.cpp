// A placement of one's own: every second memory block has its memmap in its head, the others in
// boot memory. In sim/kernel/placement this file is one more placement of the program; as a shared
// library (`mhpsim --plugin`, see CMakeLists.txt here) it is one without building the program anew.
#include "sim/kernel/placement/plugin.hpp"

namespace mhp::kernel {

namespace {

// Each block is a call of its own, as with heads: the direct map loses leaves of 1 GiB.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request, [&](PfnRange block) {
    if ((block.start - Pfn{0}) / request.block_pages % 2 == 0)
      return in_head(request, block, block, request.memmap_pages);
    Plan plan = from_page_allocator(request, block);
    plan.mapped = block;
    return plan;
  });
}

}  // namespace

void register_placement_alternating(PlacementRegistry& registry) {
  registry.add({.name = "alternating",
                .doc = "memmap in the head of every second memory block, else in boot memory; no "
                       "kernel has it",
                .decide = decide,
                .kernels = "",
                .position = "-",
                .proposed = "the example of this project"});
}

}  // namespace mhp::kernel

MHP_PLACEMENT_PLUGIN(mhp::kernel::register_placement_alternating);
