#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace per_device_placement {
namespace {

// One altmap at the start of the addition. Its pages are marked as vmemmap pages, which whoever
// walks over page frames passes over, so that blocks go online and offline one by one.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(
      request, [&](PfnRange block) { return packed(request, block, request.range, When::add); });
}

}  // namespace
}  // namespace per_device_placement

void register_placement_per_device(PlacementRegistry& registry) {
  registry.add(
      {.name = "per_device",
       .doc = "memmap of the whole addition at its start; memory blocks go online and offline "
              "one by one and away together; no kernel has it",
       .decide = per_device_placement::decide,
       .kernels = "",
       .position = "P2",
       .proposed = "Oscar Salvador in June 2019 (MHP_MEMMAP_DEVICE)",
       .assumes = {
           "a block that holds the memmap of others may be offline while they are online"}});
}

}  // namespace mhp::kernel
