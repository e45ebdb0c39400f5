#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/host/narrowing.hpp"
#include "sim/study/compare/uncertainty.hpp"

namespace mhp::cli {

/// A time of a scenario, and its interval where samples were simulated and all reached it.
struct IntervalOfTime {
  std::optional<std::int64_t> value;  ///< ns; nothing if it was not reached
  std::optional<study::SampledRange> interval;
};

struct NarrowedTime {
  std::string name;
  IntervalOfTime before;
  IntervalOfTime after;
};

/// What a calibration does to a scenario.
struct Narrowing {
  std::string scenario;
  std::int64_t samples = 0;
  std::vector<host::Narrowed> constants;
  std::vector<NarrowedTime> times;
};

/// Simulates a scenario with its own constants and with those that were measured, and so many
/// samples of each for the intervals of its times. An error if the scenario does not take what was
/// measured.
Result<Narrowing> narrowing(const config::Scenario& scenario, const Value& costs,
                            const Value& machine, std::int64_t samples, unsigned threads,
                            bool progress);

/// Two tables for people: constants, then times, before and after.
std::string narrowing_text(const Narrowing& narrowing);
/// The same as the member "narrowing" of a JSON result (docs/calibration.md).
nlohmann::ordered_json narrowing_json(const Narrowing& narrowing);

}  // namespace mhp::cli
