#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/scenario.hpp"

namespace mhp::random {

/// What is said of a scenario that was looked at.
struct Verdict {
  enum class Kind { holds, refused, broken };
  Kind kind = Kind::holds;
  std::string text;  ///< why it was refused; the law that does not hold, and how
};

/// A relation between two runs that holds whatever the figures are.
struct Relation {
  std::string_view name;
  std::string_view doc;
  /// Of the text of a scenario: what does not hold; empty if all does, or nothing is said of such
  /// a scenario.
  std::function<std::string(const std::string& text, const config::Scenario& scenario)> broken;
};
const std::vector<Relation>& relations();

/// Simulates the scenario of a TOML text and looks at what must hold of any: the laws of result
/// files, the same bytes again on two threads at once, and relations: the one of that number, or
/// all (a negative number).
Verdict judge(const std::string& text, std::int64_t relation);

}  // namespace mhp::random
