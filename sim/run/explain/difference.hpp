#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/run/result/recorded_run.hpp"

namespace mhp::run {

/// One reason why a time differs between two runs.
struct Mechanism {
  enum class Kind : std::uint8_t {
    count,       ///< more or fewer units, at the price of the first run
    price,       ///< a unit's own time differs
    latency,     ///< a unit waits longer or shorter for memory: another place, another machine
    contention,  ///< others' traffic
    wait         ///< a wait, pause or stage is longer or shorter
  };
  Kind kind = Kind::count;
  std::string phase;
  std::string name;
  SimTime time;  ///< second less first
  std::int64_t units_a = 0, units_b = 0;
  std::int64_t each_a_ps = 0, each_b_ps = 0;  ///< of `time`'s kind, for one unit
};

/// Why `b` took longer or shorter than `a`: mechanisms that add up to the difference, the largest
/// first. Rows that differ only in the nodes they work on are taken together.
std::vector<Mechanism> difference_of(const TimeTable& a, const TimeOf& of_a, const TimeTable& b,
                                     const TimeOf& of_b);

const char* mechanism_name(Mechanism::Kind kind);

}  // namespace mhp::run
