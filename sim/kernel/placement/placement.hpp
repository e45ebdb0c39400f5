#pragma once

#include <string>

#include "sim/core/registry.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// What a placement policy is asked: where shall the memmap of this addition live?
struct PlacementRequest {
  PageCount added;            ///< the whole range of the call
  PageCount block_pages;      ///< pages of one memory block
  PageCount memmap_pages;     ///< base pages that the struct pages of one memory block fill
  PageCount pageblock_pages;  ///< pages of one pageblock
  bool adder_asks = true;     ///< the driver passes MHP_MEMMAP_ON_MEMORY
};

/// Where the memmap of an addition lives.
struct Placement {
  /// Pages at the head of each memory block that hold the block's own memmap; 0: the page allocator
  /// gives them.
  PageCount head_pages;
  /// Not empty: the policy cannot be followed, for this reason; the kernel falls back to the page
  /// allocator.
  std::string refused_because;

  bool in_range() const { return head_pages.value > 0; }
};

/// A way to place the memmap: a pure function, listed under its name. Decides the place; does not
/// decide the cost.
struct PlacementPolicy {
  std::string name;
  std::string doc;
  Placement (*decide)(const PlacementRequest&, const KernelProfile&) = nullptr;
};

using PlacementRegistry = Registry<PlacementPolicy>;

/// Adds every policy of this folder (generated from its files).
void register_all_placements(PlacementRegistry& registry);

/// All placement policies.
const PlacementRegistry& placements();

}  // namespace mhp::kernel
