#include "sim/kernel/placement/common/hosts.hpp"

#include "sim/kernel/placement/common/memmap_slots.hpp"
#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

namespace {

/// What hosts of the node have left.
MemmapSlots free_slots(const PlacementRequest& request, const Surroundings& there) {
  MemmapSlots slots(request.memmap_pages);
  const auto each = [&](auto&& f) {
    for (std::size_t b = 0; b < there.blocks.size(); ++b) {
      const MemoryBlock& block = there.blocks[b];
      if (!block.present() || block.node != request.node || !block.plan.memmap.in_added_memory())
        continue;
      f(block, Pfn{static_cast<std::int64_t>(b) * request.block_pages.value});
    }
  };
  each([&](const MemoryBlock& block, Pfn start) { slots.add({start, start + block.plan.head}); });
  each([&](const MemoryBlock& block, Pfn) { slots.take(block.plan.memmap.at); });
  return slots;
}

}  // namespace

Plans in_earlier_blocks(const PlacementRequest& request, const Surroundings& there) {
  MemmapSlots slots = free_slots(request, there);
  const PageCount head{std::max(request.geometry.section_pages(), request.memmap_pages.value)};
  return each_block(request, [&](PfnRange block) {
    Plan plan = in_head(request, block, block, request.memmap_pages);
    if (plan.refused()) return plan;
    plan.mapped = request.range;
    plan.account.written = When::add;
    if (const auto slot = slots.take_next()) {
      plan.memmap.at = *slot;
      plan.head = PageCount{0};
    } else {
      plan.head = head;
      slots.add({block.start, block.start + head});
      slots.take(block.start);
    }
    return plan;
  });
}

}  // namespace mhp::kernel
