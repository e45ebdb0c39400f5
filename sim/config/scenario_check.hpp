#pragma once

#include "sim/config/scenario.hpp"

namespace mhp::config {

/// What no single table can know: nodes that exist, sizes in whole memory blocks. `root` is the
/// tree that the scenario was read from, for the places of what is wrong.
void check_scenario(const Scenario& scenario, const Value& root, Diagnostics& errors);

}  // namespace mhp::config
