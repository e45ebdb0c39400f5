#pragma once

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

/// The plan of every kernel that is asked for nothing else: the memmap of the block from the page
/// allocator, the range mapped as a whole.
Plan from_page_allocator(const PlacementRequest& request, PfnRange block);

/// The same, since what was asked for is refused; `why` is a literal.
Plan fall_back(const PlacementRequest& request, PfnRange block, const char* why);

/// The memmap of the blocks of `unit` in its first `head` pages, with one altmap: mapped, onlined,
/// offlined and removed as one. Falls back where the kernel would: the tests of
/// mhp_supports_memmap_on_memory and, for x86-64, arch_supports_memmap_on_memory
/// (mm/memory_hotplug.c, Linux 6.12).
Plan in_head(const PlacementRequest& request, PfnRange block, PfnRange unit, PageCount head);

/// in_head of the block alone, in kernels that have it: before 6.8 only if the range is exactly one
/// memory block.
Plan memmap_on_memory(const PlacementRequest& request, PfnRange block, const KernelProfile& profile,
                      PageCount head);

}  // namespace mhp::kernel
