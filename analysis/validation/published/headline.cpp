#include "analysis/validation/published/headline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

constexpr double kFarthest = std::numeric_limits<double>::infinity();

double half_width(const CaseResult& c) {
  if (!c.interval) return kFarthest;
  const double half = (c.interval->high - c.interval->low) / 2;
  return half == 0 ? 0 : half / *c.measured.value;
}

/// How many times as far the end on the side of what was published would have to lie; 0 if that is
/// what was predicted.
double stretch(const CaseResult& c) {
  const double published = c.published_mean();
  if (!c.interval || *c.measured.value <= 0 || published <= 0) return kFarthest;
  const double predicted = *c.measured.value;
  if (published == predicted) return 0;
  const double end = published > predicted ? c.interval->high : c.interval->low;
  if (end <= 0) return 0;
  const double reach = std::log(end / predicted);
  return reach == 0 ? kFarthest : std::log(published / predicted) / reach;
}

}  // namespace

Headline headline_of(const std::vector<Verdict>& verdicts) {
  std::vector<double> deviations;
  std::vector<double> half_widths;
  std::vector<double> stretches;
  std::size_t inside_criterion = 0;
  std::size_t inside_interval = 0;
  Headline h;
  for (const Verdict& v : verdicts)
    for (const CaseResult& c : v.cases) {
      if (!c.counts()) continue;
      deviations.push_back(c.deviation ? std::abs(*c.deviation) : kFarthest);
      h.unreached += c.deviation ? 0 : 1;
      inside_criterion += c.inside ? 1 : 0;
      if (!c.sampled) continue;
      h.unbounded += c.interval ? 0 : 1;
      inside_interval += c.covered() ? 1 : 0;
      half_widths.push_back(half_width(c));
      stretches.push_back(stretch(c));
    }
  h.predictions = deviations.size();
  if (deviations.empty()) return h;
  h.median_deviation = median(deviations);
  h.p90_deviation = at_rank(deviations, 90);
  h.inside_criterion = share(inside_criterion, deviations.size());
  if (half_widths.empty()) return h;
  h.inside_interval = share(inside_interval, half_widths.size());
  h.median_half_width = median(half_widths);
  h.stretch = at_rank(stretches, 90);
  return h;
}

}  // namespace mhp::published
