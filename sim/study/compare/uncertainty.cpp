#include "sim/study/compare/uncertainty.hpp"

#include <algorithm>
#include <mutex>

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

/// The draws of all samples, and a metric's values, for the search of what it hangs on.
std::vector<run::Driver> drivers_of(const std::vector<SampleResult>& samples,
                                    const std::vector<std::int64_t>& values) {
  std::vector<std::vector<config::Drawn>> drawn;
  for (const SampleResult& s : samples) drawn.push_back(s.drawn);
  return run::drivers_of(drawn, {values.begin(), values.end()});
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
  out.constants = run::quantities_of(samples.front().drawn);
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
