#pragma once

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

/// Plans of all blocks of an addition, each as `plan_of(block)` says.
template <class PlanOf>
Plans each_block(const PlacementRequest& request, PlanOf&& plan_of) {
  Plans plans;
  plans.reserve(static_cast<std::size_t>(request.blocks()));
  for (std::int64_t n = 0; n < request.blocks(); ++n) plans.push_back(plan_of(request.block(n)));
  return plans;
}

/// The plan of every kernel that is asked for nothing else: the memmap of the block from the page
/// allocator, the range mapped as a whole.
Plan from_page_allocator(const PlacementRequest& request, PfnRange block);

/// The same, since what was asked for is refused; `why` is a literal.
Plan fall_back(const PlacementRequest& request, PfnRange block, std::string_view why);

/// The memmap of the blocks of `unit` in its first `head` pages, with one altmap: mapped, onlined,
/// offlined and removed as one. Falls back where the kernel would: the tests of
/// mhp_supports_memmap_on_memory and, for x86-64, arch_supports_memmap_on_memory
/// (mm/memory_hotplug.c, Linux 6.12).
Plan in_head(const PlacementRequest& request, PfnRange block, PfnRange unit, PageCount head);

/// in_head of the block alone, in kernels that have it: before 6.8 only if the range is exactly one
/// memory block.
Plan memmap_on_memory(const PlacementRequest& request, PfnRange block, const KernelProfile& profile,
                      PageCount head);

/// in_head of the block alone, if the range is exactly one memory block.
Plan of_single_block(const PlacementRequest& request, PfnRange block, PageCount head);

/// in_head of the unit, whose blocks go online and offline one by one: the first of them hold the
/// memmap of all, and may hold nothing else. `written`: their struct pages.
Plan packed(const PlacementRequest& request, PfnRange block, PfnRange unit, When written);

/// in_head of the block alone, its head written and counted in ZONE_NORMAL when it is added.
/// `findable`: while its block is offline, too, or not.
Plan early_in_kernel_zone(const PlacementRequest& request, PfnRange block, When findable);

/// in_head of the block alone, its head in no zone of the page allocator and never found.
/// `written`: its struct pages.
Plan outside_zones(const PlacementRequest& request, PfnRange block, When written);

}  // namespace mhp::kernel
