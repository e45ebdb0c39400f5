#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace boot_memory_placement {
namespace {

// sparse_add_section without an altmap.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(request, [&](PfnRange block) { return from_page_allocator(request, block); });
}

}  // namespace
}  // namespace boot_memory_placement

void register_placement_boot_memory(PlacementRegistry& registry) {
  registry.add({.name = "boot_memory",
                .doc =
                    "memmap from the page allocator when the range is added, in 2 MiB pieces, as "
                    "every kernel does by default",
                .decide = boot_memory_placement::decide,
                .kernels = "all",
                .position = "P0",
                .proposed = "nobody: the state before the debate"});
}

}  // namespace mhp::kernel
