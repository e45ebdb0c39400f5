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

/// Reads the constants from a file (fits.toml) and leaves their data out one by one.
Result<std::vector<Fit>> leave_one_out(const std::string& path);

}  // namespace mhp::published
