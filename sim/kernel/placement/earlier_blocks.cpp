#include "sim/kernel/placement/common/hosts.hpp"

namespace mhp::kernel {

namespace earlier_blocks_placement {
namespace {

// "Low memory of the node hosts others": a host can never go before the blocks whose memmap it has.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings& there) {
  return in_earlier_blocks(request, there);
}

}  // namespace
}  // namespace earlier_blocks_placement

void register_placement_earlier_blocks(PlacementRegistry& registry) {
  registry.add({.name = "earlier_blocks",
                .doc = "memmap in an earlier block of the node, which can never go before those "
                       "that it has the memmap of; no kernel has it",
                .decide = earlier_blocks_placement::decide,
                .kernels = "",
                .position = "P5",
                .proposed = "Michal Hocko in August 2017",
                .assumes = {"a host's first section is kept for memmap, its own and that of the "
                            "blocks that follow on the node",
                            "a host may be offline while those are online"},
                .depends_on_others = true});
}

}  // namespace mhp::kernel
