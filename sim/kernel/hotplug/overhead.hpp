#pragma once

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// What hot-added memory takes from use, by what it is for. Right after all of what was added is
/// online, free memory has risen by that less the sum of these.
struct MemoryOverhead {
  PageCount memmap_boot;   ///< memmap from the page allocator, wherever its pages lie
  PageCount memmap_range;  ///< memmap in the heads of added blocks
  PageCount page_ext;      ///< page extension of sections that are online
  PageCount page_tables;   ///< tables of the direct map and the vmemmap
  PageCount slab;   ///< block devices, sections, their descriptors; caches and threads of new nodes
  PageCount waste;  ///< pages of heads that hold no memmap

  PageCount sum() const {
    return memmap_boot + memmap_range + page_ext + page_tables + slab + waste;
  }
  bool operator==(const MemoryOverhead&) const = default;
};

}  // namespace mhp::kernel
