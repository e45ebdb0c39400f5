#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/cli/cli.hpp"
#include "sim/run/run.hpp"

namespace mhp::cli {

/// How far a run is, and how far it will go by the pace so far. Before it ends nobody knows how
/// much there is to do: simulated time until the scenario's end, or until its last addition begins,
/// is what a share of can be told.
struct RunPace {
  std::int64_t events = 0;
  SimTime now;
  SimTime end;  ///< 0: not known
  std::int64_t online = 0;
  std::int64_t planned = 0;  ///< blocks
  double seconds = 0;        ///< of wall time so far

  /// Of the simulated time; 0 if the end is not known or behind.
  double share() const;
  /// Wall time until the end by the pace so far; 0 if it is not known.
  double seconds_left() const;
  /// The progress line.
  std::string text() const;
};

/// When a run ends at the earliest: `until`, or `settle` after the last planned addition begins.
SimTime planned_end(const config::Scenario& scenario);

/// What is said on standard error while a run goes on: from two seconds on a line of progress, on a
/// terminal; and once each, terminal or not, that it will take more than an hour by its pace so
/// far, or takes more than half of the machine's memory.
class RunProgress {
 public:
  RunProgress(const config::Scenario& scenario, bool wanted);

  /// Simulates, and tells meanwhile how far it is.
  run::RunResult simulate(const config::Scenario& scenario, run::RunOptions options);

 private:
  void look();
  void note(const std::string& text);

  Progress line_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
  RunPace pace_;
  bool told_time_ = false;
  bool told_memory_ = false;
};

}  // namespace mhp::cli
