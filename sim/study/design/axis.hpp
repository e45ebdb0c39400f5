#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/figure.hpp"
#include "sim/core/value.hpp"

namespace mhp::study {

/// One value that an axis takes.
struct Level {
  Value value;                         ///< as it is set in the scenario
  std::string text;                    ///< as parameters are recorded
  std::optional<std::int64_t> number;  ///< in the unit of the axis, if it has numbers
};

/// A stretch of numbers, in the unit of the axis, both ends included.
class Range {
 public:
  /// `from` <= `to`, 0 < `from` if logarithmic, 0 < `multiple_of`. Only multiples of `multiple_of`
  /// are taken, counted from `from` if linear and from 0 if logarithmic.
  Range(std::int64_t from, std::int64_t to, bool logarithmic, std::int64_t multiple_of);

  /// The value at `fraction` / 2^64 of the way. Linear: each multiple has an equal part of the way.
  /// Logarithmic: from * (to / from)^fraction, rounded to the nearest multiple.
  std::int64_t at(std::uint64_t fraction) const;
  /// `count` values, the first and the last at the ends.
  std::vector<std::int64_t> spread(std::int64_t count) const;
  /// From the start by `step`, which is a difference or, if logarithmic, an integer factor.
  std::vector<std::int64_t> stepped(std::int64_t step) const;

 private:
  std::int64_t rounded(double value) const;
  std::int64_t from_, to_, multiple_of_;
  bool logarithmic_;
  std::vector<double> roots_;  ///< (to / from)^(2^-k), k = 1, 2, ...
};

/// How the values of an axis go together with those of the others.
enum class Design : std::uint8_t { cartesian, zipped, latin_hypercube, sobol };

/// One key of the scenario that a study varies.
struct Axis {
  std::string key;        ///< path in the scenario; "*" in it stands for every element of an array
  std::string name;       ///< of its coordinate in the study file
  Unit unit = Unit::one;  ///< of its numbers
  Design design = Design::cartesian;
  bool is_parameter = true;    ///< else it exchanges a part of the scenario, such as the machine
  std::vector<Level> levels;   ///< in their order; empty for a range that is sampled
  std::optional<Range> range;  ///< of an axis that is sampled
  Location where;
};

}  // namespace mhp::study
