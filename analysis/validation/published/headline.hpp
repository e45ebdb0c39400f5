#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "analysis/validation/published/verdict.hpp"

namespace mhp::published {

/// What the predictions among the cases come to that have a published number; each counts once.
/// Fractions, deviations absolute. One whose simulation did not get there is farther off than any
/// other and inside nothing, one without an interval is outside it. Without a prediction there are
/// no figures, without samples none about intervals; infinite if that is where the rank falls.
struct Headline {
  std::size_t predictions = 0;
  std::size_t unreached = 0;  ///< of them without a predicted value
  std::size_t unbounded = 0;  ///< of them without an interval that was asked for
  std::optional<double> median_deviation;
  std::optional<double> p90_deviation;  ///< the least that 90 % of them do not exceed
  std::optional<double> inside_criterion;
  std::optional<double> inside_interval;    ///< the mean of what was published lies in it
  std::optional<double> median_half_width;  ///< of intervals, as a fraction of the prediction
  /// How many times as far from the prediction their ends would have to lie, on a logarithmic
  /// scale, for 90 % of them to hold what was published: 1 if they are as wide as they say.
  std::optional<double> stretch;
};

Headline headline_of(const std::vector<Verdict>& verdicts);

}  // namespace mhp::published
