#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace marked_vmemmap_placement {
namespace {

// Struct pages of the head are written when it is added, as PageVmemmap and PageReserved; removal
// goes backwards and frees the memmap with the last section.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings&) {
  return each_block(
      request, [&](PfnRange block) { return packed(request, block, request.range, When::add); });
}

}  // namespace
}  // namespace marked_vmemmap_placement

void register_placement_marked_vmemmap(PlacementRegistry& registry) {
  registry.add(
      {.name = "marked_vmemmap",
       .doc = "memmap of the whole addition at its start, marked page by page so that walkers "
              "pass over it; memory blocks go online and offline one by one and away together; "
              "no kernel has it",
       .decide = marked_vmemmap_placement::decide,
       .kernels = "",
       .position = "P1",
       .proposed = "Michal Hocko in August 2017, Oscar Salvador in November 2018",
       .assumes = {
           "the flag that every walker tests costs nothing",
           "a block that holds the memmap of others may be offline while they are online"}});
}

}  // namespace mhp::kernel
