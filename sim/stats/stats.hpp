#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace mhp::analysis {

/// A mean and its confidence interval. With one observation there is no interval.
struct Estimate {
  double mean = 0;
  std::optional<double> lo;
  std::optional<double> hi;
};

/// Mean of independent observations with Student's interval of the given confidence. `values` is
/// not empty.
Estimate estimate(const std::vector<double>& values, double confidence = 0.95);

/// Difference `of[i] - from[i]` of paired observations (the same random draws), with its interval.
Estimate paired_difference(const std::vector<double>& of, const std::vector<double>& from,
                           double confidence = 0.95);

/// Probability that paired observations without a difference in the mean differ as much as these,
/// by the two-sided t test; nothing for fewer than two pairs. Pairs that all differ by the same
/// amount leave no chance: 1 if that is 0, else 0.
std::optional<double> paired_p_value(const std::vector<double>& of,
                                     const std::vector<double>& from);

/// True if the interval excludes 0; nothing without an interval.
std::optional<bool> significant(const Estimate& difference);

/// Spearman's rank correlation of pairs, -1 to 1; equal values share the mean of their ranks. 0 if
/// one side does not vary or there are fewer than two pairs.
double rank_correlation(const std::vector<double>& x, const std::vector<double>& y);

/// 5 and 95 % of the values lie below `low` and `high`, half below `median`; of few values the ends
/// are the least and the greatest.
template <class T>
struct SampledRange {
  T low{}, median{}, high{};
};
/// `values` is not empty.
template <class T>
SampledRange<T> sampled_range(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  const std::size_t last = values.size() - 1;
  const std::size_t low = last * 5 / 100;
  return {values[low], values[last / 2], values[last - low]};
}

}  // namespace mhp::analysis
