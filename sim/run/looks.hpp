#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/run/run.hpp"
#include "sim/run/system.hpp"
#include "workloads/workload.hpp"

namespace mhp::run {

/// Looks at a run that goes on: they change nothing of it.
struct Looks {
  std::vector<SimTime> at;  ///< in ascending order, before the run ends
  /// Called at each of these times, once all that happens then has happened. The run may end
  /// before.
  std::function<void(const System&, const std::vector<std::unique_ptr<workloads::Workload>>&)> see;
};

/// Simulates a scenario once, as the function of run.hpp does, with looks on the way.
RunResult simulate(const config::Scenario& scenario, const RunOptions& options, const Looks& looks);

}  // namespace mhp::run
