#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace mhp::cli {

/// A figure for people: nanoseconds, bytes and pages in the unit that reads best; counts with
/// separators.
std::string human(double value, const std::string& unit);

/// Whole numbers as such: a mean of one run is the integer that the model counted. Null if empty.
nlohmann::ordered_json json_number(const std::optional<double>& value);

}  // namespace mhp::cli
