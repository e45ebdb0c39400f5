#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/report/inputs.hpp"
#include "sim/report/metric_table.hpp"

namespace mhp::report {

/// "412.1 ms", "1.5 GiB", "1,024": a figure of this unit for people.
std::string for_people(double value, const std::string& unit);

/// What the runs answer, from their figures alone: who is usable sooner, whether that is more than
/// chance, who fails and why, what memory it takes, the largest reason, and how much of the time
/// rests on assumptions.
std::vector<std::string> answer_of_runs(const Inputs& in, const std::vector<TableRow>& table);

}  // namespace mhp::report
