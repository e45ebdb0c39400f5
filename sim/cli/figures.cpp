#include "sim/cli/figures.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "sim/core/units.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::cli {

namespace {

std::string with_separators(double value) {
  std::string digits = fmt::format("{:.0f}", std::abs(value));
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return (value < 0 ? "-" : "") + digits;
}

std::string scaled(double value, double step, const std::array<const char*, 5>& units) {
  std::size_t i = 0;
  double v = value;
  while (std::abs(v) >= step && i + 1 < units.size() && units[i + 1] != nullptr) {
    v /= step;
    ++i;
  }
  // Four digits of more than 9999 of the largest unit would be a power of ten.
  return fmt::format("{} {}", std::abs(v) < 9999.5 ? fmt::format("{:.4g}", v) : with_separators(v),
                     units[i]);
}

}  // namespace

std::string human(double value, Unit unit) {
  if (unit == Unit::ns) return scaled(value, 1000, {"ns", "us", "ms", "s", nullptr});
  if (unit == Unit::byte) return scaled(value, 1024, {"B", "KiB", "MiB", "GiB", "TiB"});
  return with_separators(value);
}

std::string with_unit(double value, Unit unit) {
  const bool bare = unit == Unit::one || label(unit).empty();
  return human(value, unit) + (bare ? "" : fmt::format(" {}", label(unit)));
}

std::string labelled(std::string_view name, Unit unit) {
  return label(unit).empty() ? std::string(name) : fmt::format("{} [{}]", name, label(unit));
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

nlohmann::ordered_json json_number(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (std::abs(*value) < 9e15 && *value == std::floor(*value))
    return static_cast<std::int64_t>(*value);
  return *value;
}

std::string placement_note(const std::string& name) {
  const auto* placement = kernel::placements().find(name);
  return placement != nullptr ? placement->note() : "";
}

std::string placement_text(const std::string& name) {
  return "memmap placement " + name + (placement_note(name).empty() ? "" : " (no kernel has it)");
}

}  // namespace mhp::cli
