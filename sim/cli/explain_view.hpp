#pragma once

#include <string>
#include <vector>

#include "sim/study/recorded_run.hpp"

namespace mhp::cli {

/// Where the time of each metric of a run went, for people; only `metric` if that is not empty.
std::string explanation_text(const study::RecordedRun& run, const std::string& metric);
/// The same as one JSON object (schema mhpsim-explain/1, docs/results.md).
std::string explanation_json(const study::RecordedRun& run, const std::string& metric);

/// Why a metric differs between two runs that both reached it, for people.
std::string difference_text(const study::RecordedRun& a, const study::RecordedRun& b,
                            const std::string& metric);
/// The same as one JSON object (schema mhpsim-explain-difference/1).
std::string difference_json(const study::RecordedRun& a, const study::RecordedRun& b,
                            const std::string& metric);

}  // namespace mhp::cli
