#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/validation/published/target.hpp"

namespace mhp::published {

/// Between which values 90 % of the samples of a case lie, and the value itself.
struct Interval {
  double low = 0;
  double high = 0;
  bool holds(double value) const { return low <= value && value <= high; }
};

/// What a case comes to if the constants that it rests on are drawn from their ranges, as
/// --uncertainty draws them (sim/config/sample.hpp); sample `number`, or the constants as they are.
/// Of an experiment that takes less for the purpose (Case::sampled_with) its own value.
std::optional<double> sampled_value(const Case& of, const std::vector<ParamValue>& rests_on,
                                    std::uint64_t seed, std::optional<std::uint64_t> number,
                                    Diagnostics& errors);

/// True if one of the constants has a range.
bool has_ranges(const std::vector<ParamValue>& rests_on);

/// The interval of a case whose value is `value`, and which came to `base` without drawing and to
/// `samples` with: they are in proportion. A sample that did not get there lies above all others;
/// if those are more than the 5 % above an interval, it has no end, and there is none.
std::optional<Interval> interval_of(double value, std::optional<double> base,
                                    const std::vector<std::optional<double>>& samples);

}  // namespace mhp::published
