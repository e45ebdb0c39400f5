#include "sim/kernel/placement/common/memmap_slots.hpp"
#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace boot_reservation_placement {
namespace {

// As much as the memmap of kernel.max_hotpluggable is set aside and mapped at boot.
Plans decide(const PlacementRequest& request, const KernelProfile&, const Surroundings& there) {
  MemmapSlots slots(request.memmap_pages);
  slots.add(there.reservation.range);
  for (const MemoryBlock& block : there.blocks)
    if (block.present() && block.plan.memmap.source == MemmapOrigin::Source::reservation)
      slots.take(block.plan.memmap.at);
  return each_block(request, [&](PfnRange block) {
    const auto slot = slots.take_next();
    if (!slot) return fall_back(request, block, "the memmap reserved at boot is used up");
    Plan plan = from_page_allocator(request, block);
    plan.memmap.source = MemmapOrigin::Source::reservation;
    plan.memmap.populated = When::boot;
    plan.memmap.node = there.reservation.node;
    plan.memmap.at = *slot;
    return plan;
  });
}

}  // namespace
}  // namespace boot_reservation_placement

void register_placement_boot_reservation(PlacementRegistry& registry) {
  registry.add({.name = "boot_reservation",
                .doc = "memmap of the most memory that can come (kernel.max_hotpluggable) reserved "
                       "at boot",
                .decide = boot_reservation_placement::decide,
                .kernels = "s390 before 6.9 behaved so",
                .position = "H",
                .proposed = "the kernel of s390",
                .depends_on_others = true,
                .reserves_at_boot = true});
}

}  // namespace mhp::kernel
