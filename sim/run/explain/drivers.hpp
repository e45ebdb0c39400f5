#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/config/sample.hpp"

namespace mhp::run {

/// A constant that a figure hangs on: the rank correlation of both over samples. Its square is the
/// share of the figure's ranks that follows the constant's.
struct Driver {
  std::string name;  ///< the quantity
  double correlation = 0;
};

/// One name for each quantity that is drawn, in the order of the draws.
std::vector<std::string> quantities_of(const std::vector<config::Drawn>& drawn);

/// The quantities that widen a figure's interval most, as far as that is more than chance (1 %):
/// without a relation, the rank correlation has the standard deviation 1 / sqrt(n - 1). Strongest
/// first, at most `most`. `values` has the figure of each sample, `drawn` the draws, the same
/// constants in each.
std::vector<Driver> drivers_of(const std::vector<std::vector<config::Drawn>>& drawn,
                               const std::vector<double>& values, std::size_t most = 3);

}  // namespace mhp::run
