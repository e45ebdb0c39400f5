#pragma once

#include <string>
#include <vector>

#include "analysis/validation/pressure/compare.hpp"

namespace mhp::cli {

/// A recording that was compared, with what is known to miss in it.
struct PressureRow {
  std::string file;
  pressure::Comparison comparison;
  std::map<std::string, std::string> known;  ///< reasons, by quantity

  /// Every quantity is inside its band, or named as one that is not, and no other is named.
  bool as_expected() const { return surprises().empty(); }
  /// What is not so, a sentence each.
  std::vector<std::string> surprises() const;
};

/// `all`: also what is inside.
void print_pressure(const std::vector<PressureRow>& rows, bool all);
/// `kernel_note`: which of their kernels have no profile of their own; may be empty.
void print_pressure_json(const std::vector<PressureRow>& rows, const std::string& kernel_note);

}  // namespace mhp::cli
