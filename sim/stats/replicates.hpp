#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/stats/stats.hpp"

namespace mhp::analysis {

// Replicates of a figure, summed up: what `compare` and study files say. docs/metrics.md says why.

/// From how many values on there is an interval. Of fewer, no method holds what it says when they
/// are skewed: the interval of a median from 4 values is [least, greatest], which holds it in
/// 87.5 % of all cases at the most.
constexpr std::size_t kFewest = 5;

/// The mean, with Student's interval corrected for skewness by Hall's transformation ("On the
/// removal of skewness by transformation", 1992), for 95 %. `values` is not empty.
Estimate mean_of_replicates(const std::vector<double>& values);

/// The median, with the interval between order statistics, interpolated to 95 % as Hettmansperger
/// and Sheather do ("Confidence intervals based on interpolated order statistics", 1986). It
/// supposes nothing of the distribution. Of 5 values it is [least, greatest], which is 93.75 %.
Estimate median_of_replicates(const std::vector<double>& values);

/// Either of them.
Estimate of_replicates(const std::vector<double>& values, Centre centre);

/// The same of the differences `of[i] - from[i]` of pairs that saw the same random draws. Where on
/// neither side a value differs from the others, the difference is exact: no interval.
Estimate difference_of_replicates(const std::vector<double>& of, const std::vector<double>& from,
                                  Centre centre);

/// Probability that pairs without a difference differ as much as these: by the t test that belongs
/// to the interval of the mean, or by the sign test, which counts equal pairs against a difference.
/// Nothing where there is no interval.
std::optional<double> chance_of_difference(const std::vector<double>& of,
                                           const std::vector<double>& from, Centre centre);

}  // namespace mhp::analysis
