#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/run/result/recorded_run.hpp"
#include "sim/study/compare/uncertainty.hpp"

namespace mhp::cli {

/// Where the time of each metric of a run went, for people; only `metric` if that is not empty.
/// With samples of its constants, also the interval of each and what widens it most.
std::string explanation_text(const run::RecordedRun& run, const std::string& metric,
                             const std::optional<study::Uncertainty>& uncertainty);
/// The same as one JSON object (schema mhpsim-explain/1, docs/results.md).
std::string explanation_json(const run::RecordedRun& run, const std::string& metric,
                             const std::optional<study::Uncertainty>& uncertainty);

/// Why a metric differs between two runs, for people; which of them did not reach it, if so.
std::string difference_text(const run::RecordedRun& a, const run::RecordedRun& b,
                            const std::string& metric);
/// The same as one JSON object (schema mhpsim-explain-difference/1); no difference, and no
/// mechanisms, if one did not reach it.
std::string difference_json(const run::RecordedRun& a, const run::RecordedRun& b,
                            const std::string& metric);

}  // namespace mhp::cli
