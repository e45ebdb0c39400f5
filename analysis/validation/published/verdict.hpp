#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/published/target.hpp"

namespace mhp::published {

/// A case as it came out.
struct CaseResult {
  std::string name;
  Measured measured;                ///< value already divided by the case's `per`
  std::vector<double> published;    ///< may be empty
  std::optional<double> deviation;  ///< from the mean of the published values, as a fraction
};

/// A check as it came out.
struct CheckResult {
  std::string text;  ///< what was asked and what came, for people
  bool pass = false;
};

/// What became of a target.
struct Verdict {
  std::vector<CaseResult> cases;
  std::vector<CheckResult> checks;
  bool pass = false;
  std::string predicted;  ///< the values of all cases, for people
};

/// Simulates the cases of a target and checks what comes out.
Result<Verdict> judge(const Target& target);

/// A value for people: a time, a count, or an outcome.
std::string show(const Measured& m);

}  // namespace mhp::published
