#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/diagnostic.hpp"

namespace mhp::record {

/// A column of named states. Value v means `meanings[v]` (CF flag_values 0, 1, ... and
/// flag_meanings).
struct Flags {
  std::vector<std::uint8_t> values;
  std::vector<std::string> meanings;  ///< one word each: CF separates them by blanks

  bool operator==(const Flags&) const = default;
};

/// The values of a variable in row-major order, the first axis slowest.
using Data =
    std::variant<std::vector<std::int64_t>, std::vector<double>, Flags, std::vector<std::string>>;

/// An attribute of the file, of a group or of a variable.
struct Attribute {
  std::string name;
  std::variant<std::string, std::int64_t> value;

  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

/// An array of the file, with what a reader needs to interpret it. Without axes it is a scalar.
struct Variable {
  std::string name;
  std::vector<std::string> dims;  ///< names of coordinates of the same group, outermost first
  Data data;
  std::string units;  ///< "ns", "page", "byte", or "1" for what has none
  std::string long_name;
  Attributes attributes = {};  ///< what else there is to say of it
};

/// One HDF5 group. A coordinate is a variable along an axis of its own name; it gives that axis its
/// length and labels. Each group is complete: it repeats the coordinates it uses.
struct Group {
  std::string name;
  std::vector<Variable> coordinates;
  std::vector<Variable> variables;
  Attributes attributes;

  Group& coordinate(std::string axis, Data values, std::string units, std::string long_name);
  Group& variable(std::string variable_name, std::vector<std::string> dims, Data values,
                  std::string units, std::string long_name, Attributes more = {});
  /// A scalar text, such as a whole configuration.
  Group& text(std::string variable_name, std::string value, std::string long_name);
  Group& attribute(std::string attribute_name, std::string value);

  /// The length of an axis; nothing when the group has no coordinate of that name.
  std::optional<std::size_t> extent(const std::string& axis) const;
  /// A coordinate or a variable; null when there is none of that name.
  const Variable* find(const std::string& variable_name) const;
};

/// Everything a result file holds, in the order in which readers list it.
struct FileContent {
  Attributes attributes;
  std::vector<Group> groups;

  FileContent& attribute(std::string name, std::variant<std::string, std::int64_t> value);
  Group& group(std::string name);  ///< appends an empty group; valid until the next one is added

  /// The group of that name; null when there is none.
  const Group* find(const std::string& name) const;
};

/// The attribute of that name; null when there is none.
const Attribute* find(const Attributes& attributes, const std::string& name);
/// A text attribute; empty when there is none.
std::string text_of(const Attributes& attributes, const std::string& name);

/// The number of values in `data`.
std::size_t size_of(const Data& data);

/// Whether an attribute of a variable has a meaning of its own: units and long_name, the words of
/// flags, and what HDF5 and netCDF-4 keep of dimension scales.
bool reserved_attribute(std::string_view name);

/// Everything that would make a file of this content unreadable or incomplete for netCDF-4 readers:
/// an axis without coordinate, sizes that disagree, missing units or long_name, duplicate or unsafe
/// names, attributes whose names have another meaning, text that is not UTF-8. `file` is the name
/// put into the diagnostics.
Diagnostics validate(const FileContent& content, const std::string& file);

/// What differs first between two groups or attribute lists, as one sentence; empty when nothing
/// does. Doubles are compared by their bits, so a NaN equals itself.
std::string first_difference(const Group& a, const Group& b);
std::string first_difference(const Attributes& a, const Attributes& b);
std::string first_difference(const FileContent& a, const FileContent& b);

}  // namespace mhp::record
