#include "sim/kernel/placement/common/hosts.hpp"

namespace mhp::kernel {

namespace moved_at_remove_placement {
namespace {

Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings& there) {
  Plans plans = in_earlier_blocks(request, there);
  for (Plan& plan : plans) plan.memmap.moved_at_remove = plan.memmap.in_added_memory();
  return plans;
}

}  // namespace
}  // namespace moved_at_remove_placement

void register_placement_moved_at_remove(PlacementRegistry& registry) {
  registry.add({.name = "moved_at_remove",
                .doc = "as earlier_blocks, but before a host is removed the memmap of others that "
                       "lies in it is copied to pages of the page allocator; no kernel has it",
                .decide = moved_at_remove_placement::decide,
                .kernels = "",
                .position = "P12",
                .proposed = "Michal Hocko on 29 March 2019",
                .assumes = {"a host's first section is kept for memmap, its own and that of the "
                            "blocks that follow on the node",
                            "a host may be offline while those are online",
                            "the copy takes a block of order 9 for each section, from the node "
                            "whose processor added it"},
                .depends_on_others = true});
}

}  // namespace mhp::kernel
