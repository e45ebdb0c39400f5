#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::run {

/// What one pass does to a struct page or pageblock: primitives that share its lines.
struct MemmapPass {
  double cpu_ns = 0;
  std::int64_t lines = 0;
  bool strided = false;  ///< lines far apart, not neighbours in order
  bool writes = false;
  bool fused = false;  ///< goes over each batch of 1024 more than once, as deferred_init_maxorder
                       ///< does: the stream of misses starts again with the next batch
};

/// The primitives of a pass together.
MemmapPass pass_of(const std::vector<kernel::Primitive>& primitives,
                   const cost::CostProfile& costs);

/// Threads of one node that pass over the struct pages of one memmap.
struct MemmapWork {
  std::int64_t threads = 1;
  std::int64_t pages = 0;  ///< units of a pass
  NodeId cpu_node{0};
  NodeId memory_node{0};
  std::vector<MemmapPass> passes;
  bool free_to_buddy = false;   ///< blocks of the largest order go to the page allocator, under the
                                ///< lock of their zone
  std::int64_t grain = 32'768;  ///< units that are simulated as one
};

/// A thread that repeats a pass over memory of its own for as long as the work lasts.
struct MemmapCompetitor {
  MemmapPass pass;
  NodeId cpu_node{0};
  NodeId memory_node{0};
};

/// How long the work takes, one pass after the other.
SimTime simulate_passes(const machine::Machine& machine, const cost::CostProfile& costs,
                        const MemmapWork& work, const std::vector<MemmapCompetitor>& beside = {});
/// How long several of them take at once, of one pass each, each with a zone of its own.
SimTime simulate_together(const machine::Machine& machine, const cost::CostProfile& costs,
                          const std::vector<MemmapWork>& works);

}  // namespace mhp::run
