#include "analysis/validation/published/headline.hpp"

#include <algorithm>
#include <cmath>

namespace mhp::published {

namespace {

/// The middle one, or the mean of the two in the middle.
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

double at_rank(std::vector<double> values, std::size_t percent) {
  std::sort(values.begin(), values.end());
  return values[(values.size() * percent + 99) / 100 - 1];
}

double share(std::size_t of, std::size_t all) {
  return static_cast<double>(of) / static_cast<double>(all);
}

}  // namespace

Headline headline_of(const std::vector<Verdict>& verdicts) {
  std::vector<double> deviations;
  std::vector<double> half_widths;
  std::size_t inside_criterion = 0;
  std::size_t inside_interval = 0;
  for (const Verdict& v : verdicts)
    for (const CaseResult& c : v.cases) {
      if (!c.counts()) continue;
      deviations.push_back(std::abs(*c.deviation));
      inside_criterion += c.inside ? 1 : 0;
      if (!c.interval) continue;
      inside_interval += c.interval->holds(c.published_mean()) ? 1 : 0;
      half_widths.push_back((c.interval->high - c.interval->low) / 2 / *c.measured.value);
    }
  Headline h;
  h.predictions = deviations.size();
  if (deviations.empty()) return h;
  h.median_deviation = median(deviations);
  h.p90_deviation = at_rank(deviations, 90);
  h.inside_criterion = share(inside_criterion, deviations.size());
  if (half_widths.empty()) return h;
  h.inside_interval = share(inside_interval, half_widths.size());
  h.median_half_width = median(half_widths);
  return h;
}

}  // namespace mhp::published
