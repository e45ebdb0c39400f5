#pragma once

#include <string>

namespace mhp::cli {

/// A figure for people: nanoseconds, bytes and pages in the unit that reads best; counts with
/// separators.
std::string human(double value, const std::string& unit);

}  // namespace mhp::cli
