#pragma once

#include <string>
#include <vector>

#include "sim/core/registry.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/memory_block.hpp"
#include "sim/kernel/placement/common/plan.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// The addition that is to be planned.
struct PlacementRequest {
  PfnRange range;             ///< of the call
  NodeId node;                ///< that gets the memory
  PageCount block_pages;      ///< pages of one memory block
  PageCount memmap_pages;     ///< base pages that the struct pages of one memory block fill
  PageCount pageblock_pages;  ///< pages of one pageblock
  bool adder_asks = true;     ///< the driver passes MHP_MEMMAP_ON_MEMORY
};

/// What is there when memory is added.
struct Surroundings {
  const std::vector<MemoryBlock>& blocks;  ///< by number, those of the call not among them
  ZoneType default_zone;                   ///< where the block would go if it went online now
};

/// A way to place the memmap, listed under its name.
struct PlacementPolicy {
  std::string name;
  std::string doc;
  /// The plan for one memory block of the addition: a pure function. Says what is done, not what it
  /// costs.
  Plan (*decide)(const PlacementRequest&, PfnRange block, const KernelProfile&,
                 const Surroundings&) = nullptr;
  /// Where it was proposed, if no kernel has it; every output says so.
  std::string proposed_only{};

  /// A sentence for outputs; empty for what kernels have.
  std::string note() const {
    return proposed_only.empty() ? "" : "no kernel has " + name + ": " + proposed_only;
  }
};

using PlacementRegistry = Registry<PlacementPolicy>;

/// Adds every policy of this folder (generated from its files).
void register_all_placements(PlacementRegistry& registry);

/// All placement policies.
const PlacementRegistry& placements();

}  // namespace mhp::kernel
