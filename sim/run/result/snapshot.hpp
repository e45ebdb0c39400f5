#pragma once

#include <optional>
#include <vector>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/machine/topology.hpp"
#include "sim/run/run.hpp"

namespace mhp::run {

/// All zones as they are now.
Sample sample_of(const kernel::Mm& mm, SimTime now);

/// The memory blocks that exist in the ranges, by number, and when the operations brought them
/// online.
std::vector<BlockState> block_states(const kernel::MemoryHotplug& hotplug, kernel::Mm& mm,
                                     const std::vector<PfnRange>& ranges,
                                     const std::vector<Operation>& operations);

/// Aligned ranges of 1 GiB, all of whose memory blocks exist.
std::int64_t gigantic_ranges(const kernel::MemoryHotplug& hotplug, PfnRange range);

/// Idle latency from a processor of the machine to a struct page of the blocks, the mean of both;
/// nothing without blocks.
std::optional<SimTime> memmap_latency(const std::vector<BlockState>& blocks,
                                      const machine::Machine& machine,
                                      const machine::Topology& topology);

}  // namespace mhp::run
