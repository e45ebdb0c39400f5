#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/published/experiment.hpp"
#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"

namespace mhp::published {

/// One simulated experiment of a target.
struct Case {
  std::string name;
  std::string experiment;
  Value table;                           ///< the experiment's own
  std::optional<double> per;             ///< the value is divided by this
  std::vector<std::string> published;    ///< what was measured, as it was printed; may be empty
  std::vector<double> published_values;  ///< the same in nanoseconds or as counts
  std::vector<std::string> data;         ///< ids of what was measured; those of the target, if it
                                         ///< does not say
  std::string arithmetic;                ///< why it is no test of the model; empty: it is one
  /// Settings of the experiment when it is simulated for an interval, so that it takes less; those
  /// of the target, if it does not say.
  std::vector<std::string> sampled_with;
  std::vector<std::string> certain;  ///< constants of which it leaves nothing open, whatever
                                     ///< their ranges
};

/// One condition on the cases' values.
struct Check {
  std::string kind;
  std::vector<std::string> cases;  ///< those it is about; of a ratio: numerator, denominator
  double min = 0;
  double max = 0;
  std::optional<double> each;  ///< largest deviation of one case, as a fraction
  std::optional<double> mean;  ///< largest mean absolute deviation
  std::string equals;
  std::string arithmetic;  ///< why it is no test of the model; empty: it is one
};

/// A published measurement that the model has to predict: data, read from a file.
struct Target {
  std::string id;
  std::string quantity;
  std::string source;
  std::string published;
  std::string criterion;
  std::string fitted;  ///< which constants were fitted on what
  std::string note;
  std::vector<std::string> data;          ///< ids of what was measured
  std::vector<std::string> sampled_with;  ///< of cases that do not say
  bool must = false;
  std::vector<Case> cases;
  std::vector<Check> checks;
};

/// Reads a target's file (TOML). All that is wrong with it comes at once.
Result<Target> load_target(const std::string& path);
/// The same of a file that has been parsed.
Result<Target> read_target(const Value& root);

/// "33s", "1.5ms" in nanoseconds; "1.5" as it is; "20%" as 0.2.
std::optional<double> parse_quantity(const std::string& text);

/// The parameters of a target, for reference.
std::vector<ParamInfo> describe_target();

}  // namespace mhp::published
