#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/core/registry.hpp"

namespace mhp::fuzz {

/// One reader, or several of one kind, and what bytes from anywhere must not do to it.
struct Target {
  std::string name;
  std::string doc;
  /// Inputs to begin with: what ships, or what the program itself writes.
  std::function<std::vector<std::string>()> seeds;
  /// Reads one input with all that the program would do with it. Ends the program if something does
  /// not hold that must.
  std::function<void(const std::string&)> read;
  int cases = 1000;  ///< changed inputs of the test that runs before a change is merged
};
using TargetRegistry = Registry<Target>;

/// All of them, by name.
const TargetRegistry& targets();

}  // namespace mhp::fuzz
