#include "sim/study/compare/compare.hpp"

#include <algorithm>
#include <mutex>

#include "sim/core/parallel.hpp"

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
    run_options.record = options.record;
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
      r.recording = {};
    }
    if (options.progress)
      options.progress(static_cast<std::size_t>(std::count(done.begin(), done.end(), true)),
                       results.size());
  });
  return results;
}

/// What metrics of time rest on, over all runs that reached them.
void add_resting(std::map<std::string, run::Resting>& all, const run::RunResult& r,
                 const run::Constants& constants) {
  for (const run::TimeOf& of : r.times.metrics)
    all[of.metric].add(run::resting_of(r.times.rows, of.amounts, constants));
}

}  // namespace

Comparison compare(const config::Scenario& scenario, const CompareOptions& options) {
  std::vector<run::RunResult> results = run_all(scenario, options);
  const run::Constants constants(scenario.used);
  std::vector<Column> columns;
  for (run::RunResult& r : results) {
    if (columns.empty() || columns.back().name != r.placement)
      columns.push_back({r.placement, r.placement, {}});
    add_resting(columns.back().rests_on, r, constants);
    columns.back().runs.push_back(
        {r.replicate, r.outcome, std::move(r.reason), r.fingerprint, std::move(r.metrics)});
  }
  return compare_columns(std::move(columns));
}

}  // namespace mhp::study
