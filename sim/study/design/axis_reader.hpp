#pragma once

#include "sim/config/scenario_base.hpp"
#include "sim/core/params.hpp"
#include "sim/study/design/study.hpp"

namespace mhp::study {

/// Reads one [[axis]] table; `base` is the scenario it varies.
/// What is wrong goes to `errors`.
Axis read_axis(const Value& table, const StudyParams& study, const config::ScenarioBase& base,
               Diagnostics& errors);

std::vector<ParamInfo> describe_axis();

}  // namespace mhp::study
