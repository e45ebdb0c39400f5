#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

/// What the kernel log of a step says, line by line, without the time stamps.
std::vector<std::string> console_lines(const nlohmann::json& step);

/// Compares the zonelists that the kernel log reports with those that the model built in the same
/// step: how often, in which order each node falls back, over how many pages.
class ConsoleCheck {
 public:
  ConsoleCheck(Score& score, const kernel::Mm& mm);
  void step(const nlohmann::json& step);

 private:
  Score& score_;
  const kernel::Mm& mm_;
  std::size_t seen_;  // builds compared so far
};

}  // namespace mhp::validation
