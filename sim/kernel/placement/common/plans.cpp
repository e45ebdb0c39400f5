#include "sim/kernel/placement/common/plans.hpp"

#include <algorithm>

namespace mhp::kernel {

namespace {

constexpr const char* kNotAsked =
    "the driver does not ask for the memmap in the range on this kernel";

}  // namespace

Plan from_page_allocator(const PlacementRequest& request, PfnRange block) {
  Plan plan;
  plan.memmap.node = request.node;
  plan.mapped = request.range;
  plan.online_unit = plan.away_unit = block;
  return plan;
}

Plan fall_back(const PlacementRequest& request, PfnRange block, std::string_view why) {
  Plan plan = from_page_allocator(request, block);
  plan.refused_because = why;
  return plan;
}

Plan in_head(const PlacementRequest& request, PfnRange block, PfnRange unit, PageCount head) {
  const auto refuse = [&](std::string_view why) { return fall_back(request, block, why); };
  const PageCount memmap = request.memmap_pages * (unit.pages() / request.block_pages);
  const bool one = unit == block;
  if (!request.adder_asks) return refuse(kNotAsked);
  if (!request.excluded.empty()) return refuse(request.excluded);
  if (head.value % request.pageblock_pages.value != 0)
    return refuse(one ? "the memmap of one memory block is not a whole number of pageblocks"
                      : "the memmap of the range is not a whole number of pageblocks");
  if (head == unit.pages())
    return refuse(one ? "the memmap would fill the whole memory block"
                      : "the memmap would fill the whole range");
  if (memmap.value % request.mapping_pages.value != 0)
    return refuse(one ? "the memmap of one memory block is not a whole number of PMD mappings"
                      : "the memmap of the range is not a whole number of PMD mappings");
  const PageCount before = request.memmap_pages * (unit.start.value / request.block_pages.value);
  if (before.value % request.mapping_pages.value != 0)
    return refuse("the memmap of the range does not begin with a whole PMD mapping");
  Plan plan;
  plan.memmap.source = MemmapOrigin::Source::added_memory;
  plan.memmap.node = request.node;
  plan.memmap.at =
      unit.start + request.memmap_pages * ((block.start - unit.start) / request.block_pages);
  plan.head = std::clamp(unit.start + head - block.start, PageCount{0}, block.pages());
  plan.mapped = plan.online_unit = plan.away_unit = unit;
  return plan;
}

Plan memmap_on_memory(const PlacementRequest& request, PfnRange block, const KernelProfile& profile,
                      PageCount head) {
  return profile.memmap_on_memory_multi_block ? in_head(request, block, block, head)
                                              : of_single_block(request, block, head);
}

Plan of_single_block(const PlacementRequest& request, PfnRange block, PageCount head) {
  if (request.adder_asks && request.range != block)
    return fall_back(
        request, block,
        "this kernel places the memmap in the range only if the range is exactly one memory block");
  return in_head(request, block, block, head);
}

Plan packed(const PlacementRequest& request, PfnRange block, PfnRange unit, When written) {
  const std::int64_t blocks = unit.pages() / request.block_pages;
  Plan plan = in_head(request, block, unit, request.memmap_pages * blocks);
  plan.online_unit = block;
  plan.mapped = unit;  // also where this unit is refused: others of the addition may not be
  if (plan.refused()) return plan;
  plan.account.written = written;
  return plan;
}

Plan early_in_kernel_zone(const PlacementRequest& request, PfnRange block, When findable) {
  Plan plan = in_head(request, block, block, request.memmap_pages);
  if (plan.refused()) return plan;
  plan.account.zone = ZoneType::normal;
  plan.account.written = plan.account.spanned = plan.account.present = When::add;
  plan.account.findable = findable;
  return plan;
}

Plan outside_zones(const PlacementRequest& request, PfnRange block, When written) {
  Plan plan = in_head(request, block, block, request.memmap_pages);
  if (plan.refused()) return plan;
  plan.account.written = written;
  plan.account.spanned = plan.account.present = plan.account.findable = When::never;
  return plan;
}

}  // namespace mhp::kernel
