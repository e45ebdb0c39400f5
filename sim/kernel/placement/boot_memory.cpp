#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace {

Plan decide(const PlacementRequest& request, PfnRange block, const KernelProfile&,
            const Surroundings&) {
  return from_page_allocator(request, block);
}

}  // namespace

void register_placement_boot_memory(PlacementRegistry& registry) {
  registry.add({"boot_memory",
                "memmap from the page allocator when the range is added, in 2 MiB pieces, as every "
                "kernel does by default",
                decide});
}

}  // namespace mhp::kernel
