#pragma once

#include <array>
#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::cost {

/// What an amount of work costs: time on the CPU and traffic to one node's memory, which overlap.
struct Price {
  SimTime time;
  Bytes traffic;  ///< what the memory's medium moves, a byte as it takes to read one
  NodeId memory;
  SimTime stall;  ///< the part of the time that waits for memory
};

/// Misses that a core keeps in flight, and the table of the scenario that says so.
struct MissesInFlight {
  std::int64_t permille = 1000;
  const char* said_in = "";       ///< "machine.core" or "costs.core"; empty for dependent misses
  Access as = Access::dependent;  ///< for which access
};
/// What the machine says of its core, else what the prices say of theirs. Where the machine says
/// nothing of locked operations, as many as without them.
MissesInFlight misses_in_flight(Access access, const machine::CoreParams& core, const Core& priced);

/// What a line takes longer out of the second-level cache than out of the first, and the table of
/// the scenario that says so.
struct SecondLevelLine {
  std::int64_t millicycles = 0;
  const char* said_in = "";  ///< "machine.core" or "costs.core"
};
SecondLevelLine second_level_line(const machine::CoreParams& core, const Core& priced);

/// Whether a machine's clock changes what a primitive takes on the CPU.
bool follows_clock(const PrimitiveCost& cost, const machine::CoreParams& core, const Core& priced);

/// Picoseconds of a piece of work on the CPU and waiting for lines.
struct Shared {
  __int128 own = 0;
  __int128 stall = 0;
};
/// What becomes of it on a core with so many busy hardware threads that are alike: they are the
/// customers of a closed network of two stations, what the core executes and its misses in flight,
/// each shared evenly by those that are there (exact mean value analysis).
Shared shared_core(Shared alone, std::int64_t threads);

/// Prices the work of one CPU: a unit's own time at the core's speed, and the latency of the memory
/// touched for each line, divided by the misses that the core keeps in flight. A line that is
/// touched again out of the second-level cache adds to the unit's own time. A unit's price is
/// whole picoseconds; what is below a nanosecond is carried to the next piece of work, so that
/// splitting work never changes the sum. On a core whose other hardware threads are busy it takes
/// longer. Knows no kernel logic.
class Pricer {
 public:
  /// `struct_page`: sizeof(struct page). The prices are for 64 bytes; of others, passes over
  /// neighbours touch more or fewer lines.
  Pricer(const CostProfile& profile, const machine::Topology& topology, NodeId cpu_node,
         Bytes struct_page = Bytes{PrimitiveCost::kLineBytes});

  /// `memory`: the node whose memory the work touches; an invalid id means the CPU's own.
  Price price(kernel::Primitive primitive, std::int64_t count, NodeId memory) {
    return price_units(units_[static_cast<std::size_t>(primitive)], count, memory, 0);
  }
  /// The same of primitives that are done in one pass: their own times add up, the lines are those
  /// of the one that touches most; a locked operation among them holds the misses of all. `starts`:
  /// how often the stream of misses begins anew, as each primitive goes over a batch before the
  /// next does: that takes `stream_start_misses` of the core each time, and the lines that the
  /// others share come out of the second-level cache.
  Price price(kernel::Pass pass, std::int64_t count, NodeId memory, std::int64_t starts);

  NodeId cpu_node() const { return cpu_node_; }
  /// From now on on a core with so many busy hardware threads, this one included.
  void share_with(std::int64_t threads) { threads_ = threads; }

 private:
  struct Unit {
    std::int64_t cpu_ps = 0;
    std::int64_t lines_millionths = 0;  ///< latencies waited for, in 1/1,000,000
    std::int64_t lines_permille = 0;
    bool in_order = false;
    bool writes = false;
    Bytes besides;  ///< moved besides the lines
  };

  PrimitiveCost cost_of(kernel::Primitive primitive) const;
  Unit unit_of(const PrimitiveCost& cost) const;
  std::int64_t second_level_ps() const;
  Bytes traffic(const Unit& unit, std::int64_t count, NodeId memory) const;
  Price price_units(const Unit& unit, std::int64_t count, NodeId memory, std::int64_t starts);

  const CostProfile& profile_;
  const machine::Topology& topology_;
  NodeId cpu_node_;
  Bytes struct_page_;
  std::array<Unit, kernel::kPrimitives> units_;
  std::int64_t carry_ps_ = 0;
  std::int64_t threads_ = 1;
};

}  // namespace mhp::cost
