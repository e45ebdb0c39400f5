#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "sim/cli/comparison_view.hpp"

namespace mhp::cli {

/// Adds --fail-if and --metric to a command.
void add_condition_options(CLI::App& command, std::vector<std::string>& conditions,
                           std::vector<std::string>& metrics);

/// The metrics that runs of a scenario may have: those of every run, and those of its workloads and
/// cgroups, whatever kind they are of.
study::MetricSet metrics_of(const config::Scenario& scenario);
/// Those that comparisons have.
study::MetricSet metrics_of(const std::vector<ComparedPart>& parts);

/// The conditions of --fail-if, all errors at once; --metric must name metrics, too.
Result<std::vector<study::Condition>> read_conditions(const std::vector<std::string>& conditions,
                                                      const std::vector<std::string>& metrics,
                                                      const study::MetricSet& known);

/// The conditions that are met, as people read them.
std::vector<MetCondition> met_conditions(const std::vector<study::Condition>& conditions,
                                         const std::vector<ComparedPart>& parts);

}  // namespace mhp::cli
