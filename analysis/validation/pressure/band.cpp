#include "analysis/validation/pressure/band.hpp"

#include <algorithm>
#include <cmath>

namespace mhp::pressure {

namespace {

constexpr double kFloorsToCount = 16;
constexpr double kMedianOfNormal = 0.6745;  // of |z|
constexpr double kDeviations = 2;           // of a normal distribution 95 % lie within

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

std::vector<Recorded> recorded_quantities(const Recording& recording) {
  std::vector<Recorded> out;
  std::map<std::string, std::size_t> known;
  for (const Run& run : recording.runs)
    for (Quantity& q : quantities_of(recording, story_of(run))) {
      const auto [it, fresh] = known.emplace(q.name, out.size());
      const double value = q.value;
      if (fresh) out.push_back({std::move(q), {}});
      out[it->second].runs.push_back(value);
    }
  return out;
}

void Spread::add(const std::vector<Recorded>& quantities) {
  for (const Recorded& r : quantities) {
    if (r.quantity.kind == Kind::outcome || r.runs.size() < 2) continue;
    const double mean = mean_of(r.runs);
    if (mean < kFloorsToCount * r.quantity.floor || !(mean > 0)) continue;
    double squares = 0;
    for (const double v : r.runs) squares += (v / mean - 1) * (v / mean - 1);
    deviations_[r.quantity.class_name].push_back(
        std::sqrt(squares / static_cast<double>(r.runs.size() - 1)));
  }
}

double Spread::of(const std::string& class_name) const {
  const auto it = deviations_.find(class_name);
  if (it == deviations_.end()) return 0;
  std::vector<double> all = it->second;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle / kMedianOfNormal;
}

Band Spread::band(const Recorded& recorded) const {
  const auto [low, high] = std::minmax_element(recorded.runs.begin(), recorded.runs.end());
  const bool agree = recorded.runs.size() > 1 && *low == *high;
  const Kind kind = recorded.quantity.kind;
  if (kind == Kind::outcome || (kind == Kind::pieces && agree)) return {*low, *high};
  const double floor = recorded.quantity.floor;
  const double relative = of(recorded.quantity.class_name) * mean_of(recorded.runs);
  const double w = kDeviations * std::sqrt(floor * floor + relative * relative);
  return {std::max(0.0, *low - w), *high + w};
}

}  // namespace mhp::pressure
