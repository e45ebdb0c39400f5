#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/overrides.hpp"
#include "sim/config/scenario.hpp"

namespace mhp::config {

/// Where one parameter stands in a scenario's tree: the places that its path stands for.
using Parameter = std::vector<ValuePlace>;

/// A new value of a parameter, which outlives this.
struct Change {
  const Parameter* parameter = nullptr;
  Value value;
};

/// A scenario whose parameters are set again and again without reading a file. Only what a change
/// touches is read anew.
class ScenarioBase {
 public:
  /// `root` is the tree of a scenario; the files that it names are put in.
  static Result<ScenarioBase> make(Value root);

  const Value& root() const { return root_; }
  /// What a run needs. The parameters in force are those of when it was made or parts exchanged.
  const Scenario& scenario() const { return scenario_; }

  /// Exchanges parts: files or kinds. Whether the parts go together is for the next set() to say.
  Result<void> exchange(std::span<const Setting> parts);

  /// Finds a parameter once, to be set any number of times, in this scenario and in copies of it.
  Result<Parameter> find(std::string_view path, const Location& where) const;

  /// After a failure the scenario is none until every parameter that was to be set has been set
  /// again. No value names a file: those are exchanged.
  Result<void> set(std::span<const Change> changes);

  /// The scenario as it is now with everything that a result file records.
  Result<Scenario> recorded() const;

 private:
  Value root_;
  Scenario scenario_;
  bool unchecked_ = false;  ///< nobody has seen yet whether the parts go together
};

}  // namespace mhp::config
