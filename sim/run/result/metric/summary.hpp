#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/stats/stats.hpp"

namespace mhp::run {

/// What replicates of a metric are summed up by: quantiles and extremes, which are skewed or lie in
/// a few steps of a histogram, by their median, all else by the mean.
analysis::Centre centre_of(std::string_view metric);

/// Of how many operations a quantile can be had.
struct QuantileNeeds {
  std::string operations;  ///< the metric that counts them
  std::int64_t least = 0;  ///< of fewer it is but the longest, or nearly so
};
/// Nothing for a metric that is no such quantile.
std::optional<QuantileNeeds> quantile_needs(std::string_view metric);

}  // namespace mhp::run
