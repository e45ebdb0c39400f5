#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/report/study_table.hpp"

namespace mhp::report {

/// Where along an axis the better one of the baseline and another level changes.
struct Crossing {
  std::vector<std::optional<std::size_t>> at;  ///< by dimension; nothing for the axis walked along
                                               ///< and for the baseline's
  double low = 0, high = 0;                    ///< the points around it, values of the axis
  double x = 0;                  ///< where a straight line between them has no difference
  bool baseline_before = false;  ///< who is better below
  std::optional<bool> sure;      ///< whether the differences on both sides are more than chance
};

/// All crossings of one metric along one axis, for one level of the baseline's axis.
struct BreakEven {
  std::size_t axis = 0;
  std::size_t level = 0;
  std::vector<Crossing> crossings;
};

/// Walks along every axis of numbers. Points that one side did not reach end a walk; without
/// difference nobody is better.
std::vector<BreakEven> break_even(const StudyTable& table, const StudyMetric& metric);

}  // namespace mhp::report
