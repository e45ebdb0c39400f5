#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/validation/pressure/quantity.hpp"

namespace mhp::pressure {

/// A quantity with its values in all runs that have it.
struct Recorded {
  Quantity quantity;  ///< of the first of these runs
  std::vector<double> runs;
};

/// The quantities of all runs of a recording, by name, in the order of the script.
std::vector<Recorded> recorded_quantities(const Recording& recording);

/// Where a value of the model must lie.
struct Band {
  double low = 0;
  double high = 0;
  bool holds(double value) const { return low <= value && value <= high; }
};

/// Run-to-run spread by class, from recordings alone.
///
/// For a quantity with at least two runs, r are the runs divided by their mean m, and
/// d^2 = sum (r - 1)^2 / (runs - 1). The spread s of a class is the median of d over all its
/// quantities, divided by 0.6745, the median of |z| of a normal distribution: where chance once
/// went another way altogether, this one recording's own range says so, and not the class.
/// Quantities with m below 16 floors are left out, as their spread is their floor's.
class Spread {
 public:
  void add(const std::vector<Recorded>& quantities);
  /// Relative standard deviation of a class; 0 if nothing is known of it.
  double of(const std::string& class_name) const;

  /// An outcome: from the least to the greatest that was recorded; pieces in which at least two
  /// runs agree and none differs: that value. Else [min - w, max + w] with w = 2 sqrt(floor^2 + (s
  /// m)^2); nothing is below 0.
  Band band(const Recorded& recorded) const;

 private:
  std::map<std::string, std::vector<double>> deviations_;
};

}  // namespace mhp::pressure
