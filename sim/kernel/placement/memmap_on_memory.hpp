#pragma once

#include "sim/kernel/geometry.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

/// The memmap at the head of each memory block, if the kernel allows it for a head of `head` pages:
/// the tests of mhp_supports_memmap_on_memory and, for x86-64, arch_supports_memmap_on_memory
/// (mm/memory_hotplug.c, Linux 6.12); for kernels before 6.8 also the demand that the range is
/// exactly one block.
inline Placement memmap_on_memory(const PlacementRequest& rq, const KernelProfile& profile,
                                  PageCount head) {
  const auto refuse = [](const char* reason) { return Placement{PageCount{0}, reason}; };
  if (!rq.adder_asks)
    return refuse("the driver does not ask for the memmap in the range on this kernel");
  if (!profile.memmap_on_memory_multi_block && rq.added != rq.block_pages)
    return refuse(
        "this kernel places the memmap in the range only if the range is exactly one memory block");
  if (head.value % rq.pageblock_pages.value != 0)
    return refuse("the memmap of one memory block is not a whole number of pageblocks");
  if (head == rq.block_pages) return refuse("the memmap would fill the whole memory block");
  if (rq.memmap_pages.value % k2MiBPages != 0)
    return refuse("the memmap of one memory block is not a whole number of 2 MiB mappings");
  return Placement{head, {}};
}

}  // namespace mhp::kernel
