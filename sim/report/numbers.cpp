#include "sim/report/numbers.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace mhp::report {

nlohmann::ordered_json number_json(double value) {
  if (!std::isfinite(value)) return nullptr;
  constexpr double kExact = 9e15;
  if (std::abs(value) < kExact && value == std::floor(value))
    return static_cast<std::int64_t>(value);
  const std::string digits = fmt::format("{:.9g}", value);
  double rounded = value;
  std::from_chars(digits.data(), digits.data() + digits.size(), rounded);
  constexpr double kWhole = 1e9;  // of so large a number nine digits are whole
  if (std::abs(rounded) >= kWhole && std::abs(rounded) < kExact)
    return static_cast<std::int64_t>(std::llround(value));
  return rounded;
}

}  // namespace mhp::report
