#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/report/inputs.hpp"

// Why runs differ, where their time went and what that rests on (docs/reports.md). All of the first
// replicate of each column.
namespace mhp::report {

using nlohmann::ordered_json;

/// For every metric of time that the baseline and another column both reached: steps that add up to
/// the difference.
ordered_json reasons_of(const Inputs& in);

/// For every run and metric of time that it reached: rows that add up to it, the longest first.
ordered_json parts_of(const Inputs& in);

/// For every run and metric of time: how much of it rests on constants of each basis.
ordered_json resting_of(const Inputs& in);

/// The assumed and fitted constants that the metric rests on, by their largest share of it.
ordered_json assumptions_of(const Inputs& in, const std::string& metric);

}  // namespace mhp::report
