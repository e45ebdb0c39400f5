#pragma once

#include <string>

#include "sim/config/scenario.hpp"
#include "sim/study/compare.hpp"

namespace mhp::cli {

/// A comparison as one JSON object (schema mhpsim-compare/1, docs/results.md).
std::string comparison_json(const config::Scenario& scenario, const study::CompareOptions& options,
                            const study::Comparison& comparison);

/// A comparison as a table for people: baseline first, then each placement with its difference.
std::string comparison_table(const config::Scenario& scenario, const study::CompareOptions& options,
                             const study::Comparison& comparison);

}  // namespace mhp::cli
