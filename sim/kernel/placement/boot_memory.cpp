#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

void register_placement_boot_memory(PlacementRegistry& registry) {
  registry.add({"boot_memory",
                "memmap from the page allocator when the range is added, in 2 MiB pieces, as every "
                "kernel does by default",
                [](const PlacementRequest&, const KernelProfile&) { return Placement{}; }});
}

}  // namespace mhp::kernel
