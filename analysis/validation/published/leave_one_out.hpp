#pragma once

#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"

namespace mhp::published {

/// A constant that several published data set. Values in nanoseconds.
struct Fit {
  /// One datum: what the constant would be by it alone, and by all others.
  struct Datum {
    std::string id;
    std::string what;  ///< as it was published
    double value = 0;
    double predicted = 0;
    double deviation() const { return predicted / value - 1; }
  };
  std::string constant;
  std::string source;
  double value = 0;  ///< in force
  double by_all = 0;
  std::vector<Datum> data;
};

/// A constant that was chosen so that the cases of a target come out, those that its checks are
/// about. Deviations are means of absolute ones, as fractions.
struct Scan {
  /// One datum, which is that of some cases: the value that suits them best of those tried, the one
  /// that suits all others best, and how far off the cases are with either.
  struct Datum {
    std::string id;
    std::string value;
    double deviation = 0;
    std::string by_others;
    double deviation_by_others = 0;
  };
  std::string constant;
  std::string target;
  std::string value;  ///< in force
  std::vector<Datum> data;
};

struct LeftOut {
  std::vector<Fit> fits;
  std::vector<Scan> scans;
};

/// Reads the constants from a file (fits.toml) and leaves their data out one by one.
Result<LeftOut> leave_one_out(const std::string& path);

}  // namespace mhp::published
