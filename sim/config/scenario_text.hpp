#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/scenario.hpp"

namespace mhp::config {

/// load_scenario() of a text; `name` is what diagnostics call it, and whatever it names is looked
/// for beside a file of that name.
Result<Scenario> read_scenario_text(std::string text, const std::string& name,
                                    const std::vector<std::string>& overrides);

/// The scenario with more settings ("key=value"), as if they had stood behind its own. A machine
/// that was given in sockets has nodes by now.
Result<Scenario> with_settings(const Scenario& scenario, const std::vector<std::string>& settings);

}  // namespace mhp::config
