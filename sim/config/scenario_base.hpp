#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/config/scenario.hpp"

namespace mhp::config {

/// One value to set, at its path.
struct Setting {
  std::string path;
  Value value;
};

/// The part of a scenario to which a path belongs.
ScenarioPart part_of(std::string_view path);

/// A scenario whose values are set again and again without reading a file. Only the parts that a
/// setting touches are read anew.
class ScenarioBase {
 public:
  /// `root` is the tree of a scenario; the files that it names are put in.
  static Result<ScenarioBase> make(Value root);

  const Value& root() const { return root_; }
  /// What a run needs. The parameters in force are those of when it was made or parts exchanged.
  const Scenario& scenario() const { return scenario_; }

  /// Exchanges parts: files or kinds. Whether the parts go together is for the next set() to say.
  Result<void> exchange(std::span<const Setting> parts);

  /// After a failure the scenario is none until every path that was to be set has been set again.
  Result<void> set(std::span<const Setting> settings);

  /// The scenario as it is now with everything that a result file records.
  Result<Scenario> recorded() const;

 private:
  Value root_;
  Scenario scenario_;
};

}  // namespace mhp::config
