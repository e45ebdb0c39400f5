#include "sim/study/compare/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "sim/config/sample.hpp"
#include "sim/core/parallel.hpp"
#include "sim/run/run.hpp"
#include "sim/stats/stats.hpp"

namespace mhp::study {

namespace {

/// What one sample gave.
struct SampleResult {
  std::vector<config::Drawn> drawn;
  std::vector<std::vector<run::Metric>> metrics;  ///< for each placement
  Diagnostics errors;
};

SampleResult simulate(const config::Scenario& scenario, const UncertaintyOptions& options,
                      std::uint64_t number) {
  SampleResult out{config::draw_sample(scenario.used, options.seed, number), {}, {}};
  const auto sampled = config::with_sample(scenario, out.drawn);
  if (!sampled) {
    out.errors = sampled.error();
    return out;
  }
  for (const std::string& placement : options.placements)
    out.metrics.push_back(run::simulate(*sampled, {placement, options.seed, 0, {}}).metrics);
  return out;
}

/// The values of a metric over all samples; empty if one of them did not reach it.
std::vector<std::int64_t> values_of(const std::vector<SampleResult>& samples, std::size_t placement,
                                    const run::Metric& metric) {
  std::vector<std::int64_t> out;
  for (const SampleResult& s : samples) {
    const auto& all = s.metrics[placement];
    const auto it = std::find_if(all.begin(), all.end(), [&](const run::Metric& m) {
      return m.name == metric.name && m.phase == metric.phase;
    });
    if (it == all.end() || !it->value) return {};
    out.push_back(*it->value);
  }
  return out;
}

std::optional<SampledRange> range_of(const std::vector<std::int64_t>& values) {
  return values.empty() ? std::nullopt : std::optional(sampled_range(values));
}

/// The first constant of each quantity: the draws of the others rise and fall with it.
std::vector<std::size_t> quantities(const std::vector<config::Drawn>& drawn) {
  std::set<std::string> seen;
  std::vector<std::size_t> out;
  for (std::size_t c = 0; c < drawn.size(); ++c)
    if (seen.insert(drawn[c].quantity).second) out.push_back(c);
  return out;
}

/// The quantities whose draws go along with the values most, as far as that is more than chance
/// (1 %): without a relation, the rank correlation has the standard deviation 1 / sqrt(n - 1).
std::vector<Driver> drivers_of(const std::vector<SampleResult>& samples,
                               const std::vector<std::int64_t>& values) {
  constexpr std::size_t kMost = 3;
  constexpr double kNormalQuantile = 2.576;
  std::vector<Driver> out;
  const std::vector<double> y(values.begin(), values.end());
  if (values.empty()) return out;
  for (const std::size_t c : quantities(samples.front().drawn)) {
    std::vector<double> x;
    for (const SampleResult& s : samples) x.push_back(static_cast<double>(s.drawn[c].value));
    out.push_back({samples.front().drawn[c].quantity, analysis::rank_correlation(x, y)});
  }
  std::stable_sort(out.begin(), out.end(), [](const Driver& a, const Driver& b) {
    return std::abs(a.correlation) > std::abs(b.correlation);
  });
  if (out.size() > kMost) out.resize(kMost);
  const double least = kNormalQuantile / std::sqrt(static_cast<double>(values.size()) - 1);
  std::erase_if(out, [least](const Driver& d) { return std::abs(d.correlation) < least; });
  return out;
}

UncertainMetric summarise(const std::vector<SampleResult>& samples,
                          const UncertaintyOptions& options, const run::Metric& metric) {
  UncertainMetric out{metric.name, metric.phase, metric.unit, {}, {}, {}};
  const auto base = values_of(samples, 0, metric);
  for (std::size_t p = 0; p < options.placements.size(); ++p) {
    const std::string& name = options.placements[p];
    const auto values = values_of(samples, p, metric);
    out.values[name] = range_of(values);
    out.drivers[name] = drivers_of(samples, values);
    if (p == 0) continue;
    std::vector<std::int64_t> differences;
    for (std::size_t i = 0; i < std::min(values.size(), base.size()); ++i)
      differences.push_back(values[i] - base[i]);
    out.diff[name] = range_of(differences);
  }
  return out;
}

}  // namespace

SampledRange sampled_range(std::vector<std::int64_t> values) {
  return analysis::sampled_range(std::move(values));
}

Result<Uncertainty> uncertainty(const config::Scenario& scenario,
                                const UncertaintyOptions& options) {
  std::vector<SampleResult> samples(static_cast<std::size_t>(options.samples));
  std::mutex mutex;
  std::size_t done = 0;
  parallel_for(samples.size(), options.threads, [&](std::size_t i) {
    SampleResult sample = simulate(scenario, options, i);
    const std::scoped_lock lock(mutex);
    samples[i] = std::move(sample);
    ++done;
    if (options.progress) options.progress(done, samples.size());
  });
  for (const SampleResult& s : samples)
    if (!s.errors.empty()) return tl::unexpected<Diagnostics>(s.errors);
  Uncertainty out{options.samples, {}, {}};
  const auto& drawn = samples.front().drawn;
  for (const std::size_t c : quantities(drawn)) out.constants.push_back(drawn[c].quantity);
  // A metric that only some placements have (of a driver, of an unplug) is that of the first.
  std::vector<run::Metric> all;
  for (const auto& metrics : samples.front().metrics)
    for (const run::Metric& m : metrics)
      if (m.unit == Unit::ns && std::none_of(all.begin(), all.end(), [&](const run::Metric& k) {
            return k.name == m.name && k.phase == m.phase;
          }))
        all.push_back(m);
  for (const run::Metric& m : all) out.metrics.push_back(summarise(samples, options, m));
  return out;
}

}  // namespace mhp::study
