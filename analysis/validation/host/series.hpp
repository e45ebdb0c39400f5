#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mhp::host {

/// The value below which a share `q` of the values lies, between neighbours in proportion; values
/// not empty.
double quantile(std::vector<double> values, double q);

/// A quantity measured several times. What disturbs a measurement only makes it longer, so its
/// value is the lower quartile of its repetitions, and the median says how far it may be off.
struct Series {
  std::string name;
  std::string unit;                           ///< of the work, "struct page"
  std::vector<double> repetitions;            ///< nanoseconds a unit, undisturbed
  std::vector<double> disturbed_repetitions;  ///< left out; the above if there are no others
  std::int64_t samples = 0;                   ///< pieces of work timed
  std::int64_t disturbed = 0;  ///< of them those in which a thread did not have its processor

  double value() const { return quantile(repetitions, 0.25); }
  double median() const { return quantile(repetitions, 0.5); }
  double least() const { return quantile(repetitions, 0); }
  /// How far the median lies above the value, relative to it.
  double spread() const { return median() / value() - 1; }
};

/// Spread beyond which a measurement is called noisy.
inline constexpr double kNoisy = 0.1;

}  // namespace mhp::host
