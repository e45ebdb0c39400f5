#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sim/core/figure.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

/// What somebody held against a place of the memmap in the debate of 2017 to 2026, as a figure of a
/// run.
struct Objection {
  std::string_view id;     ///< "O1"; what goes on from one has its id and a letter
  std::string_view title;  ///< what is counted
  std::string_view unit;   ///< "page", "page s", "byte", "ns", "1"
  Better better = Better::lower;
  std::optional<double> (*value)(const RunEnd&) = nullptr;
  std::string_view argued;  ///< who held what, in our words
};

/// All of them, by number.
const std::vector<Objection>& objections();

}  // namespace mhp::run
