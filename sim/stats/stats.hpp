#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/core/words.hpp"

namespace mhp::analysis {

/// What observations are summed up by.
enum class Centre : std::uint8_t { mean, median };
constexpr std::array<Word, 2> words_of(Centre) { return {{{"mean"}, {"median"}}}; }

/// Why an estimate has no interval.
enum class NoInterval : std::uint8_t { there_is, one, few, equal, operations };
constexpr std::array<Word, 5> words_of(NoInterval) {
  return {{{""},
           {"one replicate"},
           {"fewer than 5 replicates"},
           {"the same in every replicate"},
           {"too few operations in a replicate"}}};
}

/// A mean, or a median beside it, and the confidence interval: of the median if there is one. With
/// one observation there is no interval.
struct Estimate {
  double mean = 0;
  std::optional<double> lo;
  std::optional<double> hi;
  std::optional<double> median = {};
  NoInterval none = NoInterval::there_is;  ///< why, if there is none

  /// What the interval is of.
  double centre() const { return median.value_or(mean); }
};

/// Mean of independent observations with Student's interval of the given confidence: exact for
/// normal ones, from two on. `values` is not empty.
Estimate estimate(const std::vector<double>& values, double confidence = 0.95);

/// `of[i] - from[i]`, of as many values as `of` has.
std::vector<double> differences(const std::vector<double>& of, const std::vector<double>& from);

/// Difference `of[i] - from[i]` of paired observations (the same random draws), with its interval.
Estimate paired_difference(const std::vector<double>& of, const std::vector<double>& from,
                           double confidence = 0.95);

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
