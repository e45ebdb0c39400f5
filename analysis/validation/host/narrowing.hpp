#pragma once

#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/core/value.hpp"

namespace mhp::host {

/// A scenario with what a calibration found in place of its own constants: the prices, the core,
/// the variability, and for every node with processors latency and bandwidth of the first node that
/// was measured. Sizes, links, nodes without processors and all else stay. `costs` and `machine`
/// are tables as cost_table and machine_table make them.
Result<config::Scenario> with_measured(const config::Scenario& scenario, const Value& costs,
                                       const Value& machine);

/// A number that two scenarios do not have alike.
struct Narrowed {
  ParamValue before;
  ParamValue after;

  /// How many times as wide the range was, as a part of the value; 0 if either has none.
  double factor() const;
};

/// The numbers whose value or range differs, in the order of `after`; of the nodes the first.
std::vector<Narrowed> narrowed(const std::vector<ParamValue>& before,
                               const std::vector<ParamValue>& after);

}  // namespace mhp::host
