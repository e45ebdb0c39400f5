#pragma once

#include <string>

#include "sim/config/scenario.hpp"
#include "sim/record/dataset.hpp"
#include "sim/run/run.hpp"

namespace mhp::run {

/// The result file of a run (schema mhpsim-run/2, docs/results.md). Depends on the scenario and the
/// result alone.
record::FileContent run_content(const config::Scenario& scenario, const RunResult& result);

/// Identifies a run: 16 hex digits over the parameters in force, placement, seed and replicate; the
/// same for a run of a study, and however the scenario is written.
std::string run_id(const config::Scenario& scenario, const RunResult& result);

/// A fingerprint as 16 hex digits.
std::string fingerprint_text(std::uint64_t fingerprint);

}  // namespace mhp::run
