#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/value.hpp"
#include "sim/kernel/primitives.hpp"

namespace mhp::cost {

/// What one unit of a primitive costs.
struct PrimitiveCost {
  Picoseconds cpu;  ///< time that does not depend on where the memory is
  std::int64_t stall_permille =
      0;          ///< latencies of the memory touched that the CPU waits for, in 1/1000
  Bytes traffic;  ///< bytes moved between that memory and the CPU
};

/// What belongs to no primitive.
struct GeneralCosts {
  std::string name;
  SimTime rcu_grace_period{10'000'000};
  Bytes traffic_chunk{2 * kMiB};
};

/// Prices of all primitives: data, read from configs/costs, every number with its source.
struct CostProfile {
  GeneralCosts general;
  std::array<PrimitiveCost, kernel::kPrimitives> primitives;

  const PrimitiveCost& of(kernel::Primitive p) const {
    return primitives[static_cast<std::size_t>(p)];
  }
};

/// Reads a [costs] table: a table for each primitive, and what is general. Every primitive must
/// have its table.
CostProfile read_cost_profile(const Value& table, Diagnostics& errors,
                              std::vector<ParamValue>* used);

/// The parameters of a cost profile, for reference.
std::vector<ParamInfo> describe_cost_profile();

}  // namespace mhp::cost
