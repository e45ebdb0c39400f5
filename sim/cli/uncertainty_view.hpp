#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/study/compare/uncertainty.hpp"

namespace mhp::cli {

/// The intervals of all times over the samples, for people; the baseline is the first placement.
std::string uncertainty_table(const study::Uncertainty& uncertainty,
                              const std::vector<std::string>& placements);

/// The same as the member "uncertainty" of a JSON result (docs/results.md).
nlohmann::ordered_json uncertainty_json(const study::Uncertainty& uncertainty,
                                        const std::vector<std::string>& placements);

}  // namespace mhp::cli
