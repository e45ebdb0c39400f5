#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace {

// Michal Hocko, 24 March 2021: where the space is reserved, its struct pages are written and
// counted, once, in a zone from which memory that cannot move may come. Onlining and offlining do
// not touch it. Removal goes block by block.
Plan decide(const PlacementRequest& request, PfnRange block, const KernelProfile&,
            const Surroundings&) {
  Plan plan = in_head(request, block, block, request.memmap_pages);
  if (plan.refused()) return plan;
  plan.account.zone = ZoneType::normal;
  plan.account.written = plan.account.spanned = plan.account.present = When::add;
  return plan;
}

}  // namespace

void register_placement_early_kernel_zone(PlacementRegistry& registry) {
  registry.add({"early_kernel_zone",
                "memmap in the head of each added memory block, written when it is added and "
                "counted in ZONE_NORMAL whatever zone the block goes to; no kernel has it",
                decide, "proposed by Michal Hocko on 24 March 2021"});
}

}  // namespace mhp::kernel
