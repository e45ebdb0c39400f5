#pragma once

#include <optional>
#include <string>

#include "sim/config/scenario.hpp"
#include "sim/record/dataset.hpp"
#include "sim/run/result/run_result.hpp"

namespace mhp::random {

/// A run, and the file that it makes.
struct Seen {
  run::RunResult result;
  record::FileContent content;
};

/// The run of a scenario's own placement and seed, recorded.
Seen look(const config::Scenario& scenario);
/// The same without recording and without a file.
run::RunResult run_of(const config::Scenario& scenario);

/// A metric of a run; nothing if it has none of that name or did not get there.
std::optional<std::int64_t> metric(const run::RunResult& result, std::string_view name);

/// What is different between two runs in what they did: operations, and the zones at their end.
/// Empty if nothing is.
std::string difference(const run::RunResult& a, const run::RunResult& b);
std::string difference(const run::Operation& a, const run::Operation& b);

}  // namespace mhp::random
