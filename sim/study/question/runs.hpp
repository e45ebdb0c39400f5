#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "sim/study/design/scenarios.hpp"
#include "sim/study/sweep/journal_index.hpp"

namespace mhp::question {

/// A run that an answer needs.
struct Wanted {
  study::Position position;
  std::uint64_t replicate = 0;
};

struct RunsOptions {
  std::int64_t budget = 1;
  unsigned threads = 1;
  const std::atomic<int>* stop = nullptr;       ///< not 0: finish the runs at work and end
  const study::JournalIndex* before = nullptr;  ///< runs that were simulated before
  study::JournalWriter* journal = nullptr;      ///< keeps those simulated now
  std::function<void(std::int64_t, std::int64_t)> progress;  ///< (runs taken, budget)
};

/// The runs that an answer rests on, each taken once: simulated, or from a journal. What is taken
/// depends on what is asked for alone, not on threads or on what was simulated before.
class Runs {
 public:
  /// `scenarios` outlives it.
  Runs(const study::Scenarios& scenarios, RunsOptions options)
      : scenarios_(scenarios), options_(std::move(options)) {}

  const study::Scenarios& scenarios() const { return scenarios_; }
  std::int64_t taken() const { return static_cast<std::int64_t>(records_.size()); }
  std::int64_t left() const { return options_.budget - taken(); }
  bool stopped() const { return options_.stop != nullptr && *options_.stop != 0; }
  /// How many of these runs are not taken yet.
  std::int64_t price(const std::vector<Wanted>& wanted) const;

  /// Takes these runs, within the budget; side by side on the threads. When stopped, some of them.
  /// An error if one makes no scenario or cannot be kept.
  Result<void> take(const std::vector<Wanted>& wanted);

  std::uint64_t id(const Wanted& run) const;
  /// A run that was taken.
  const study::RunRecord& at(const Wanted& run) const { return records_.at(id(run)); }
  /// The first `count` replicates of a position; all were taken.
  std::vector<study::RunRecord> at(const study::Position& position, std::int64_t count) const;

  /// The metrics that any of the runs has.
  study::MetricSet metrics() const { return {metrics_.begin(), metrics_.end()}; }

 private:
  Result<study::RunRecord> simulate(const Wanted& wanted, std::uint64_t id) const;

  const study::Scenarios& scenarios_;
  RunsOptions options_;
  std::map<std::uint64_t, study::RunRecord> records_;
  std::set<study::MetricName> metrics_;
};

/// The first replicates of a position, as runs that are wanted.
std::vector<Wanted> replicates_of(const study::Position& position, std::int64_t count);

}  // namespace mhp::question
