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

/// How the misses of one unit and of the next overlap.
enum class Access : std::uint8_t { stream, locked, stride, dependent };
constexpr std::array<Word, 4> words_of(Access) {
  return {{{"stream", "neighbours in order: as many as prefetching keeps in flight"},
           {"locked",
            "neighbours in order, each with a locked operation, before which the core finishes all "
            "earlier writes: as many as are fetched ahead nevertheless"},
           {"stride", "far apart, at known addresses: as many as the core overlaps"},
           {"dependent", "each waits for the one before"}}};
}

/// What one unit of a primitive costs. A line is a cache line of 64 bytes that is not cached: it is
/// fetched, and if it is written it is fetched for ownership and goes back later.
struct PrimitiveCost {
  Picoseconds cpu;         ///< time that does not depend on where the memory is
  std::int64_t lines = 0;  ///< lines touched
  Access access = Access::dependent;
  bool writes = false;           ///< the lines are written
  Bytes traffic;                 ///< bytes moved besides those lines, without waiting for them
  std::int64_t clock = 0;        ///< MHz at which `cpu` holds; 0: the profile's; kClockless: at any
  std::int64_t lines_again = 0;  ///< touched once more, out of the second-level cache

  /// Of each line, in 1/1000: struct pages that are smaller than a line share it.
  std::int64_t share = 1000;

  std::int64_t lines_permille() const { return lines * share; }
  static constexpr std::int64_t kLineBytes = 64;
  static constexpr std::int64_t kClockless = -1;
};

/// What belongs to no primitive.
struct GeneralCosts {
  std::string name;
  SimTime rcu_grace_period{10'000'000};
  SimTime rcu_expedited_grace_period{200'000};
  SimTime sysfs_lock_poll{5'000'000};
};

/// The core that the prices are for, which every profile file describes.
struct Core {
  std::int64_t misses_in_flight_stream = 1000;  ///< in 1/1000
  std::int64_t misses_in_flight_stride = 1000;  ///< in 1/1000
  std::int64_t clock = 0;  ///< MHz; 0: not known, so that no machine's clock changes a price
  std::int64_t second_level_line = 0;  ///< in 1/1000 of a cycle
};

/// Prices of all primitives: data, read from configs/costs, every number with its source.
struct CostProfile {
  GeneralCosts general;
  Core core;
  std::array<PrimitiveCost, kernel::kPrimitives> primitives;

  const PrimitiveCost& of(kernel::Primitive p) const {
    return primitives[static_cast<std::size_t>(p)];
  }
};

/// Reads a [costs] table: a table for each primitive, one for the core, and what is general. The
/// core and every primitive must have their table.
CostProfile read_cost_profile(const Value& table, Diagnostics& errors,
                              std::vector<ParamValue>* used);

/// Reads one parameter of a primitive's price anew, from a [costs] table that has been read before.
/// False, and nothing done, if the table does not state it.
bool read_price(const Value& table, std::string_view primitive, std::string_view name,
                CostProfile& profile, Diagnostics& errors);

/// The parameters of a cost profile, for reference.
std::vector<ParamInfo> describe_cost_profile();

}  // namespace mhp::cost
