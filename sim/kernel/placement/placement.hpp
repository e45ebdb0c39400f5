#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/registry.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/config.hpp"
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
  /// Of one vmemmap mapping (a PMD); 1: it may end anywhere.
  PageCount mapping_pages{Geometry{}.pmd_pages()};
  std::string_view excluded = {};  ///< not empty: why this kernel has no memmap in the range at all
  Geometry geometry = {};

  std::int64_t blocks() const { return range.pages() / block_pages; }
  PfnRange block(std::int64_t n) const {
    const Pfn start = range.start + block_pages * n;
    return {start, start + block_pages};
  }
};

/// What is there when memory is added.
struct Surroundings {
  const std::vector<MemoryBlock>& blocks;  ///< by number, those of the call not among them
  const KernelConfig& config;              ///< boot parameters
  ZoneType default_zone;  ///< where the range would go if it went online now and as a whole
  MemmapReservation reservation = {};
};

/// A way to place the memmap, listed under its name.
struct PlacementPolicy {
  /// The plans of an addition, one for each of its blocks in ascending order: a pure function. Says
  /// what is done, not what it costs.
  using Decide =
      std::function<Plans(const PlacementRequest&, const KernelProfile&, const Surroundings&)>;

  std::string name;
  std::string doc;
  Decide decide;
  std::string kernels;                    ///< that have it, for people; empty: none
  std::string position;                   ///< in the debate about where memmap lives: "P8"
  std::string proposed;                   ///< who, when
  std::vector<std::string> assumes = {};  ///< where the proposal left open what is modelled
  bool depends_on_others = false;         ///< on blocks that are there already
  bool reserves_at_boot = false;          ///< memmap for kernel.max_hotpluggable
  bool heads_leave_spans = false;         ///< nobody finds them while their blocks are offline

  bool in_no_kernel() const { return kernels.empty(); }
  /// A sentence for outputs; empty for what kernels have.
  std::string note() const;
};

using PlacementRegistry = Registry<PlacementPolicy>;

/// Adds every policy of this folder (generated from its files).
void register_all_placements(PlacementRegistry& registry);

/// All placement policies.
const PlacementRegistry& placements();

/// The same, to add to before anybody uses them.
PlacementRegistry& placements_to_extend();

}  // namespace mhp::kernel
