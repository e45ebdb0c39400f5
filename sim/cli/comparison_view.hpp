#pragma once

#include <optional>
#include <string>

#include "sim/config/scenario.hpp"
#include "sim/study/compare/compare.hpp"
#include "sim/study/compare/uncertainty.hpp"

namespace mhp::cli {

/// A comparison, with the uncertainty of its times if that was asked for, as one JSON object
/// (schema mhpsim-compare/1, docs/results.md).
std::string comparison_json(const config::Scenario& scenario, const study::CompareOptions& options,
                            const study::Comparison& comparison,
                            const std::optional<study::Uncertainty>& uncertainty);

/// A comparison as a table for people: baseline first, then each placement with its difference.
std::string comparison_table(const config::Scenario& scenario, const study::CompareOptions& options,
                             const study::Comparison& comparison,
                             const std::optional<study::Uncertainty>& uncertainty);

}  // namespace mhp::cli
