#pragma once

#include <string>
#include <vector>

#include "analysis/host/measure.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::host {

/// A piece of work done for real and simulated. None was used to derive a constant: other sizes,
/// more threads, other neighbours.
struct Experiment {
  std::string name;
  std::string what;
  bool contended = false;  ///< several threads at once
  Series real;
  double simulated = 0;  ///< nanoseconds a unit

  /// Simulated relative to real, less 1.
  double deviation() const { return simulated / real.value() - 1; }
  double criterion() const { return contended ? 0.25 : 0.15; }
  bool pass() const { return deviation() <= criterion() && deviation() >= -criterion(); }
};

/// All experiments on a node, real and simulated.
struct Comparison {
  std::vector<Experiment> experiments;
  std::vector<std::string> notes;  ///< what was not done or not as wished, and why

  bool pass() const;
};

/// Does them on the first node within the limits and simulates each on `machine` with `costs`.
Result<Comparison> compare_with_host(const Host& host, const Limits& limits,
                                     const machine::Machine& machine,
                                     const cost::CostProfile& costs, const Progress& progress);

}  // namespace mhp::host
