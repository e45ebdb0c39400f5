#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/core/param_spec.hpp"

namespace mhp {

/// How the type of `data` is called in help: "size", "time", "list of strings".
const char* type_name(const ParamData& data);
/// The unit of `recorded_text`.
Unit unit_of(const ParamData& data);
/// The unit as result files have it: empty for what is no amount.
std::string unit_text(Unit unit);

/// For people: amounts in their largest exact unit, lists in brackets.
std::string shown_text(const ParamData& data);
/// `n`, in the unit of the type of `like`, for people.
std::string shown_text_as(const ParamData& like, std::int64_t n);
/// For result files: amounts as integers of `unit_of`, lists separated by commas.
std::string recorded_text(const ParamData& data);

/// The number that `recorded_text` writes; nothing if it writes none, or a list.
std::optional<std::int64_t> recorded_number(const ParamData& data);

/// A range in the type of `like`, for people: "5 ms .. 30 ms".
std::string shown_range(const ParamData& like, const ParamRange& range);

/// The bounds of `spec`: "4 KiB .. 2 GiB", ">= 1", "<= 7", or empty.
std::string range_text(const ParamSpec& spec);

}  // namespace mhp
