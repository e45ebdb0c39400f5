#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/config/scenario.hpp"
#include "sim/core/types.hpp"
#include "sim/run/result/run_result.hpp"

namespace mhp::run {

/// What distinguishes one run of a scenario from another.
struct RunOptions {
  std::string placement;  ///< empty: as the scenario says
  std::uint64_t seed = 1;
  std::uint64_t replicate = 0;
  /// Called now and then with (blocks online, blocks planned, simulated time).
  std::function<void(std::int64_t, std::int64_t, SimTime)> progress = {};
  bool explain = true;  ///< say where the time went (RunResult::times)
  bool record = false;  ///< note what only the file of a run holds (RunResult::recording)
};

/// Simulates a scenario once. The result depends on the scenario and the options alone.
RunResult simulate(const config::Scenario& scenario, const RunOptions& options);

}  // namespace mhp::run
