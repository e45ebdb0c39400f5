#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/scenario_base.hpp"
#include "sim/core/params.hpp"
#include "sim/study/design/axis.hpp"
#include "sim/study/design/constraint.hpp"

namespace mhp::study {

/// Replications of a point end once the 95 % interval of the mean of a metric is narrow enough.
struct StopRule {
  std::string metric;  ///< "name" or "name:phase"
  std::int64_t min = 5;
  std::int64_t max = 100;
  double relative_half_width = 0;  ///< half of the interval's width divided by the mean
};

/// A study's plain parameters.
struct StudyParams {
  std::string name;
  std::string doc;
  std::string design = "cartesian";
  std::int64_t samples = 0;
  std::int64_t design_seed = 1;
  std::int64_t replicates = 1;
  std::string baseline;
  std::vector<std::string> metrics{"*"};
  std::vector<std::string> constraints;
};

/// A level of an axis with which the others are compared.
struct Baseline {
  std::size_t axis = 0;
  std::int64_t level = 0;
};

/// Many runs of one scenario: which of its keys vary, how, and how often each point is repeated.
struct Study {
  StudyParams params;
  std::vector<Axis> axes;
  std::optional<StopRule> stop;
  std::optional<Baseline> baseline;
  std::vector<Constraint> constraints;
  config::ScenarioBase base;  ///< with the first level of every axis that exchanges a part
  /// The base with each combination of the parts that axes exchange; see Plan::scenario_index().
  std::vector<std::shared_ptr<const config::ScenarioBase>> bases;
  std::string text;  ///< as TOML, with all files put in: it needs no other file

  std::int64_t max_replicates() const { return stop ? stop->max : params.replicates; }
};

/// Reads a study file and its scenario; `settings` ("key=value") are applied to the scenario. All
/// errors come at once.
Result<Study> load_study(const std::string& path, const std::vector<std::string>& settings);
/// The same from the tree of a study file.
Result<Study> make_study(Value root, const std::vector<std::string>& settings);

/// The parameters of a study file, for documentation and messages.
std::vector<ParamInfo> describe_study();

}  // namespace mhp::study
