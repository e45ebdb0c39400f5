#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/run/run.hpp"
#include "sim/study/compare/columns.hpp"

namespace mhp::study {

/// What a comparison runs.
struct CompareOptions {
  std::vector<std::string> placements;  ///< the first is the baseline
  std::int64_t replicates = 1;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  bool record = false;  ///< runs keep what only a result file holds (run::RunOptions)
  /// Called with each finished run, in the order of placements and replicates; not from two threads
  /// at once.
  std::function<void(const run::RunResult&)> finished;
  /// Called now and then with (runs finished, runs in all).
  std::function<void(std::size_t, std::size_t)> progress;
};

/// Simulates the same machine, workload and random draws under each placement. Runs are
/// independent; the result does not depend on the number of threads.
Comparison compare(const config::Scenario& scenario, const CompareOptions& options);

}  // namespace mhp::study
