#include "sim/study/compare/compare.hpp"

#include <algorithm>
#include <mutex>

#include "sim/core/parallel.hpp"
#include "sim/engine/fingerprint.hpp"

namespace mhp::study {

namespace {

/// All runs, placements outermost; worked off by `threads` threads.
std::vector<run::RunResult> run_all(const config::Scenario& scenario,
                                    const CompareOptions& options) {
  const auto replicates = static_cast<std::size_t>(options.replicates);
  std::vector<run::RunResult> results(options.placements.size() * replicates);
  std::vector<bool> done(results.size(), false);
  std::mutex mutex;
  std::size_t reported = 0;
  parallel_for(results.size(), options.threads, [&](std::size_t i) {
    run::RunOptions run_options{
        options.placements[i / replicates], options.seed, i % replicates, {}};
    run::RunResult result = run::simulate(scenario, run_options);
    const std::scoped_lock lock(mutex);
    results[i] = std::move(result);
    done[i] = true;
    for (; reported < results.size() && done[reported]; ++reported) {
      run::RunResult& r = results[reported];
      if (options.finished) options.finished(r);
      r.operations = {};  // the comparison needs metrics and times only
      r.samples = {};
      r.blocks = {};
    }
    if (options.progress)
      options.progress(static_cast<std::size_t>(std::count(done.begin(), done.end(), true)),
                       results.size());
  });
  return results;
}

/// The values of one metric over the replicates of a placement; empty if one of them did not reach
/// it.
std::vector<double> values_of(const std::vector<run::RunResult>& runs, const run::Metric& metric) {
  std::vector<double> out;
  for (const run::RunResult& r : runs) {
    const auto it = std::find_if(r.metrics.begin(), r.metrics.end(), [&](const run::Metric& m) {
      return m.name == metric.name && m.phase == metric.phase;
    });
    if (it == r.metrics.end() || !it->value) return {};
    out.push_back(static_cast<double>(*it->value));
  }
  return out;
}

/// What a metric of time rests on, over all runs that reached it; nothing for another metric.
std::optional<run::Resting> resting_over(const std::vector<run::RunResult>& runs,
                                         const std::string& metric,
                                         const run::Constants& constants) {
  std::optional<run::Resting> out;
  for (const run::RunResult& r : runs)
    for (const run::TimeOf& of : r.times.metrics)
      if (of.metric == metric) {
        if (!out) out.emplace();
        out->add(run::resting_of(r.times.rows, of.amounts, constants));
      }
  return out;
}

PlacementRow summarise(const std::vector<run::RunResult>& runs) {
  PlacementRow row{.name = runs.front().placement};
  engine::Fingerprint fingerprint;
  for (const run::RunResult& r : runs) {
    if (r.outcome > row.outcome) {
      row.outcome = r.outcome;
      row.reason = r.reason;
    }
    fingerprint.absorb(static_cast<std::int64_t>(r.fingerprint));
  }
  // One run keeps its own, so that `run` and `compare` show the same.
  row.fingerprint = runs.size() == 1 ? runs.front().fingerprint : fingerprint.value();
  return row;
}

}  // namespace

Comparison compare(const config::Scenario& scenario, const CompareOptions& options) {
  const std::vector<run::RunResult> results = run_all(scenario, options);
  const auto replicates = static_cast<std::ptrdiff_t>(options.replicates);
  std::vector<std::vector<run::RunResult>> by_placement;
  for (auto it = results.begin(); it != results.end(); it += replicates)
    by_placement.emplace_back(it, it + replicates);

  const run::Constants constants(scenario.used);
  Comparison out;
  for (const auto& runs : by_placement) out.placements.push_back(summarise(runs));
  // Every metric that any run has, in the order of the first run that has it.
  std::vector<run::Metric> all;
  for (const run::RunResult& r : results)
    for (const run::Metric& m : r.metrics)
      if (std::none_of(all.begin(), all.end(), [&](const run::Metric& k) {
            return k.name == m.name && k.phase == m.phase;
          }))
        all.push_back(m);
  for (const run::Metric& metric : all) {
    MetricRow row{metric.name, metric.unit, metric.better, metric.phase, {}, {}, {}};
    const auto base = values_of(by_placement.front(), metric);
    for (std::size_t p = 0; p < by_placement.size(); ++p) {
      const std::string& name = out.placements[p].name;
      const auto values = values_of(by_placement[p], metric);
      if (auto resting = resting_over(by_placement[p], metric.name, constants))
        row.rests_on[name] = std::move(*resting);
      row.values[name] = values.empty() ? std::nullopt : std::optional(analysis::estimate(values));
      if (p == 0) continue;
      row.diff[name] = std::nullopt;
      if (values.empty() || base.empty()) continue;
      Difference d{analysis::paired_difference(values, base), std::nullopt, std::nullopt};
      const double mean = analysis::estimate(base).mean;
      if (mean != 0) d.rel = d.abs.mean / mean;
      d.significant = analysis::significant(d.abs);
      row.diff[name] = d;
    }
    out.metrics.push_back(std::move(row));
  }
  return out;
}

}  // namespace mhp::study
