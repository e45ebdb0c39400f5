#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/param_spec.hpp"
#include "sim/core/value.hpp"

namespace mhp {

/// The parameters of one table of a file, without their C++ home (that is ParamSet). Decides which
/// keys a table may have and what their values may be.
class ParamTable {
 public:
  /// Declaration errors (no doc, a reserved or repeated name, a default out of range) are bugs.
  void add(ParamSpec spec);
  void ignore(std::string subtable);

  /// The value of each parameter in the order of declaration: what the table says, else the
  /// default. Everything wrong with the table is appended to `errors`; a wrong value reads as the
  /// default.
  std::vector<ParamData> read(const Value& table, std::string_view prefix, Diagnostics& errors,
                              std::vector<ParamValue>* used) const;

  /// The value of one parameter.
  struct One {
    std::size_t index;  ///< in the order of declaration
    ParamData data;
  };
  /// Reads the parameter `name` alone, as read() does; nothing if there is none, or if the table
  /// does not state it.
  std::optional<One> read_one(const Value& table, std::string_view name, std::string_view prefix,
                              Diagnostics& errors) const;

  std::vector<ParamInfo> describe(std::string_view prefix) const;

 private:
  void check_keys(const Value::Table& table, std::string_view prefix, Diagnostics& errors) const;
  const ParamSpec* find(std::string_view name) const;

  std::vector<ParamSpec> specs_;
  std::vector<std::string> subtables_;
};

}  // namespace mhp
