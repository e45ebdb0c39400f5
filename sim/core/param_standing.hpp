#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/choice.hpp"
#include "sim/core/diagnostic.hpp"
#include "sim/core/param_spec.hpp"
#include "sim/core/value.hpp"

namespace mhp {

/// What a value is worth: where it comes from, what it rests on, where it may truly lie, and which
/// published data set it.
struct Standing {
  std::string source;
  std::string basis;
  std::optional<ParamRange> range;
  std::vector<std::string> data;
};

/// The words of `basis`, with what each means.
const std::vector<Choice>& param_bases();
bool is_basis(std::string_view word);

/// Keys that describe others: "source", "basis", "data", and names that end in _source, _basis,
/// _range or _data.
bool is_standing_key(std::string_view key);
/// The parameter that such a key describes; empty for one that describes the whole table.
std::string_view described_name(std::string_view key);

/// Checks what such a key holds, as far as that does not depend on the parameter. `path` is what
/// messages call it.
void check_standing(const Value::Member& member, const std::string& path, Diagnostics& errors);

/// What `table` says about `value`, which it states for `spec` and which reads as `data`. What a
/// file says about a value does not hold for another that a command line put over it; what the
/// command line says holds. A range that does not hold the value is an error.
Standing stated_standing(const Value& table, const ParamSpec& spec, const std::string& path,
                         const Value& value, const ParamData& data, Diagnostics& errors);

/// `table` with the `source`, `basis` and `data` of `parent`, as far as it has none of its own: for
/// the members of an array that share a file.
Value with_standing_of(const Value& parent, Value table);

/// The number of a parameter in the unit of its type; nothing for texts, flags, nodes and lists.
std::optional<std::int64_t> amount_of(const ParamData& data);
/// True if `data` is a number within the range.
bool holds(const ParamRange& range, const ParamData& data);

}  // namespace mhp
