#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/run/explain/resting.hpp"
#include "sim/run/run.hpp"
#include "sim/stats/stats.hpp"

namespace mhp::study {

/// What a comparison runs.
struct CompareOptions {
  std::vector<std::string> placements;  ///< the first is the baseline
  std::int64_t replicates = 1;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  /// Called with each finished run, in the order of placements and replicates; not from two threads
  /// at once.
  std::function<void(const run::RunResult&)> finished;
  /// Called now and then with (runs finished, runs in all).
  std::function<void(std::size_t, std::size_t)> progress;
};

/// The difference of a placement to the baseline, over the same random draws.
struct Difference {
  analysis::Estimate abs;
  std::optional<double> rel;  ///< fraction of the baseline's mean; nothing if that is 0
  std::optional<bool> significant;
};

/// One metric over all placements. A placement that did not reach it has no estimate.
struct MetricRow {
  std::string name;
  Unit unit = Unit::one;
  Better better = Better::none;
  run::MetricPhase phase = run::MetricPhase::run;
  std::map<std::string, std::optional<analysis::Estimate>> values;
  std::map<std::string, std::optional<Difference>> diff;  ///< without the baseline
  /// Of a metric of time: what it rests on, over all replicates that reached it.
  std::map<std::string, run::Resting> rests_on;
};

/// How all runs of one placement ended: the worst outcome, and one fingerprint for all.
struct PlacementRow {
  std::string name;
  run::Outcome outcome = run::Outcome::ok;
  std::string reason;
  std::uint64_t fingerprint = 0;
};

struct Comparison {
  std::vector<PlacementRow> placements;
  std::vector<MetricRow> metrics;
};

/// Simulates the same machine, workload and random draws under each placement. Runs are
/// independent; the result does not depend on the number of threads.
Comparison compare(const config::Scenario& scenario, const CompareOptions& options);

}  // namespace mhp::study
