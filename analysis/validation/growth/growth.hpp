#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/validation/growth/count_run.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::validation {

/// What one unit of counted work costs a real kernel in one run: instructions of a function against
/// the model's count of the work that the function does.
struct GrowthRow {
  std::string run;
  std::string kernel;
  std::string work;        ///< what the model counts; rows of equal work and kernel belong together
  std::string function;    ///< phase and function of the kernel
  std::int64_t calls = 0;  ///< blocks or calls compared
  std::int64_t disturbed =
      0;                ///< of a series: more than 1 % off the line, as a timer tick fell into them
  double per_unit = 0;  ///< instructions of one counted unit
  double fixed = 0;     ///< instructions of a call that do not depend on the count
  double deviation = 0;  ///< of per_unit from the median of its group, relative
};

/// How often the kernel did something, and how often the model says.
struct GrowthCalls {
  std::string run;
  std::string function;
  std::int64_t kernel = 0;
  std::int64_t model = 0;
};

struct GrowthReport {
  std::vector<GrowthRow> rows;
  std::vector<GrowthCalls> calls;

  double worst_deviation() const;
  /// Every deviation within kGrowthBound and every number of calls equal.
  bool passed() const;
};

/// Largest relative deviation of a unit's cost between runs of one kernel: the counted work grows
/// as the kernel's does.
inline constexpr double kGrowthBound = 0.02;

/// Repeats a run on the kernel model and sets its counts against the instructions.
void compare_growth(const CountRun& run, const kernel::KernelProfile& profile,
                    GrowthReport& report);
/// Fills in the deviations, when all runs are in the report.
void compare_runs(GrowthReport& report);

}  // namespace mhp::validation
