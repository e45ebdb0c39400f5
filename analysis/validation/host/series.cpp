#include "analysis/validation/host/series.hpp"

#include <algorithm>
#include <cstddef>

#include "sim/core/invariant.hpp"

namespace mhp::host {

double quantile(std::vector<double> values, double q) {
  MHP_INVARIANT(!values.empty(), "a quantile of no values ({})", q);
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace mhp::host
