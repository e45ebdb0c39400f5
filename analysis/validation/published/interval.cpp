#include "analysis/validation/published/interval.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "analysis/validation/published/set_up.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/sample.hpp"
#include "sim/stats/stats.hpp"

namespace mhp::published {

namespace {

/// Whether a parameter belongs to what the experiment's table sets up, and not to the table itself.
bool is_set_up(const std::string& name) {
  constexpr std::array kSections{"costs.", "machine.", "kernel.", "hotplug.", "udev.", "workload."};
  return std::any_of(kSections.begin(), kSections.end(),
                     [&](const char* section) { return name.starts_with(section); });
}

void apply(Value& table, const std::string& setting, Diagnostics& errors) {
  const auto done = config::apply_override(table, setting, 1);
  if (!done) errors.insert(errors.end(), done.error().begin(), done.error().end());
}

}  // namespace

bool has_ranges(const std::vector<ParamValue>& rests_on) {
  return std::any_of(rests_on.begin(), rests_on.end(),
                     [](const ParamValue& p) { return p.range && p.range->low < p.range->high; });
}

std::optional<double> sampled_value(const Case& of, const std::vector<ParamValue>& rests_on,
                                    std::uint64_t seed, std::optional<std::uint64_t> number,
                                    Diagnostics& errors) {
  Value table = of.table;
  for (const std::string& setting : of.sampled_with) apply(table, setting, errors);
  if (number)
    for (const config::Drawn& drawn : config::draw_sample(rests_on, seed, *number)) {
      if (is_set_up(drawn.name))
        add_setting(table, config::setting_of(drawn));
      else
        apply(table, config::setting_of(drawn), errors);
    }
  if (!errors.empty()) return std::nullopt;
  return experiments().find(of.experiment)->run(std::move(table), errors).value;
}

std::optional<Interval> interval_of(double value, std::optional<double> base,
                                    const std::vector<std::optional<double>>& samples) {
  if (samples.empty()) return Interval{value, value};
  if (!base || *base == 0) return std::nullopt;
  std::vector<double> values;
  for (const auto& s : samples)
    values.push_back(s ? *s / *base * value : std::numeric_limits<double>::infinity());
  const auto range = analysis::sampled_range(std::move(values));
  if (std::isinf(range.high)) return std::nullopt;
  return Interval{std::min(range.low, value), std::max(range.high, value)};
}

}  // namespace mhp::published
