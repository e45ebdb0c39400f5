#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/boot/memmap_init.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::run {

class RunTimeline;

/// Struct pages of a node that are left to deferred_init_memmap: those of the free memory of its
/// highest zone, from the first border of a section that has a section of the zone before it
/// (defer_init, mm/mm_init.c, Linux 5.8 to 6.14).
PageCount deferred_pages(const kernel::BootState& boot, NodeId node);

/// How long it takes to initialise memmaps, and by which primitives.
struct InitTime {
  SimTime time;  ///< until the last is done
  kernel::PrimitiveSet spent = 0;
  std::vector<SimTime> each = {};  ///< when each memmap was done, in the order of the nodes

  /// One after the other, on every node.
  InitTime& operator+=(const InitTime& next) {
    time += next.time;
    spent |= next.spent;
    each.resize(std::max(each.size(), next.each.size()));
    for (std::size_t n = 0; n < next.each.size(); ++n) each[n] += next.each[n];
    return *this;
  }
};

/// How long the deferred initialisation of the memmap takes at boot (page_alloc_init_late): one
/// kernel thread a node, all at once, each with as many helpers as the node has processors if the
/// kernel shares the work; on a node without processors a single thread of the nearest that has
/// some. `timeline`: who is told what they do; null: nobody.
InitTime boot_memmap_init_time(const machine::Machine& machine, const machine::Topology& topology,
                               const cost::CostProfile& costs, const kernel::BootState& boot,
                               const kernel::KernelProfile& profile,
                               RunTimeline* timeline = nullptr);

/// How long it takes to initialise the memmaps of all nodes that have memory, each as `work` says
/// (but for its node) by threads on processors of its own, all at once; with no threads by a single
/// one on the first of the nodes, one memmap after the other.
InitTime nodes_init_time(const machine::Machine& machine, const cost::CostProfile& costs,
                         const kernel::MemmapInit::Work& work);

/// How long threads on processors of a node take for such work on an idle machine. `beside`: passes
/// that one more thread each repeats over memory of its own meanwhile.
InitTime memmap_init_time(const machine::Machine& machine, const cost::CostProfile& costs,
                          const kernel::MemmapInit::Work& work, NodeId cpus,
                          const std::vector<kernel::Pass>& beside = {});

}  // namespace mhp::run
