#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/run/result/run_id.hpp"
#include "sim/study/design/plan.hpp"

namespace mhp::study {

/// Scenarios and identities of a plan's points. Made once, then read by any number of threads.
class Scenarios {
 public:
  /// `plan` outlives the scenarios.
  explicit Scenarios(const Plan& plan);

  /// The identity of a point; a run's is run_id(hash(p), replicate). It is the ScenarioHash of the
  /// parameters in force at the point, and costs no scenario.
  run::ScenarioHash hash(const Position& position) const;
  /// What the point's parameters are set in.
  const config::ScenarioBase& base(const Position& position) const;
  const Plan& plan() const { return *plan_; }

 private:
  struct Part {
    run::ScenarioHash rest;                     ///< of all parameters that no axis sets
    std::vector<std::vector<std::string>> set;  ///< the parameters that each axis sets
  };
  const Plan* plan_;
  std::vector<Part> parts_;
};

/// The scenario of one point after the other, of one thread. What does not change from a point to
/// the next is not read anew.
class ScenarioCursor {
 public:
  explicit ScenarioCursor(const Scenarios& scenarios) : scenarios_(scenarios) {}

  /// Valid until the next call.
  Result<const config::ScenarioBase*> at(const Position& position);

 private:
  Result<void> begin(const config::ScenarioBase& base);

  const Scenarios& scenarios_;
  const config::ScenarioBase* origin_ = nullptr;
  config::ScenarioBase current_;
  std::vector<config::Parameter> parameters_;  ///< one for each axis, empty for those of parts
  Position position_;                          ///< empty: nothing is set yet
};

/// The scenarios that the axes that exchange parts make of a study's base, in the order of
/// Plan::scenario_index().
Result<std::vector<std::shared_ptr<const config::ScenarioBase>>> exchange_parts(const Study& study);

/// Tries the scenarios of up to 1000 points, evenly chosen among all.
Result<void> check_points(const Study& study);

}  // namespace mhp::study
