#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/figure.hpp"
#include "sim/core/param_spec.hpp"

namespace mhp::cli {

/// A figure for people: times and bytes in the unit that reads best; all else with separators and
/// without its unit, which label() has.
std::string human(double value, Unit unit);
/// The same with every unit.
std::string with_unit(double value, Unit unit);
/// "slab_pages [pages]": what a table calls a figure whose values are shown by human().
std::string labelled(std::string_view name, Unit unit);

/// Without blanks at the end.
std::string trimmed(std::string line);

/// Whole numbers as such: a mean of one run is the integer that the model counted. Null if empty.
nlohmann::ordered_json json_number(const std::optional<double>& value);

/// A placement's name for people, and that no kernel has it if so.
std::string placement_text(const std::string& name);

/// That no kernel has a placement, and who proposed it when; empty if one has.
std::string placement_note(const std::string& name);

}  // namespace mhp::cli
