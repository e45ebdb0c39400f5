#include "sim/run/explain/drivers.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/stats/stats.hpp"

namespace mhp::run {

namespace {

/// The first constant of each quantity: the draws of the others rise and fall with it.
std::vector<std::size_t> firsts(const std::vector<config::Drawn>& drawn) {
  std::set<std::string> seen;
  std::vector<std::size_t> out;
  for (std::size_t c = 0; c < drawn.size(); ++c)
    if (seen.insert(drawn[c].quantity).second) out.push_back(c);
  return out;
}

}  // namespace

std::vector<std::string> quantities_of(const std::vector<config::Drawn>& drawn) {
  std::vector<std::string> out;
  for (const std::size_t c : firsts(drawn)) out.push_back(drawn[c].quantity);
  return out;
}

std::vector<Driver> drivers_of(const std::vector<std::vector<config::Drawn>>& drawn,
                               const std::vector<double>& values, std::size_t most) {
  constexpr double kNormalQuantile = 2.576;
  std::vector<Driver> out;
  if (values.empty()) return out;
  for (const std::size_t c : firsts(drawn.front())) {
    std::vector<double> draws;
    for (const auto& sample : drawn) draws.push_back(static_cast<double>(sample[c].value));
    out.push_back({drawn.front()[c].quantity, analysis::rank_correlation(draws, values)});
  }
  std::stable_sort(out.begin(), out.end(), [](const Driver& a, const Driver& b) {
    return std::abs(a.correlation) > std::abs(b.correlation);
  });
  if (out.size() > most) out.resize(most);
  const double least = kNormalQuantile / std::sqrt(static_cast<double>(values.size()) - 1);
  std::erase_if(out, [least](const Driver& d) { return std::abs(d.correlation) < least; });
  return out;
}

}  // namespace mhp::run
