#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/figure.hpp"

namespace mhp {

/// A number in a unit, set by the program. Files write amounts as strings, such as "64GiB".
struct Amount {
  std::int64_t number = 0;
  Unit unit = Unit::one;

  /// As a file writes it: "5ns".
  std::string text() const;
  /// For people, in the largest exact unit: "5 ns".
  std::string shown() const;
};

/// A node of parsed configuration: a scalar, an array or a table, with the place in the file where
/// it stands. Tables keep the order of the file. Which syntax it came from (TOML, --set) is no
/// longer visible.
struct Value {
  struct Member;  ///< one `key = value` of a table
  using Array = std::vector<Value>;
  using Table = std::vector<Member>;

  std::variant<std::string, std::int64_t, double, bool, Array, Table, Amount> data;
  Location where;

  const Table* table() const { return std::get_if<Table>(&data); }
  Table* table() { return std::get_if<Table>(&data); }
  const Array* array() const { return std::get_if<Array>(&data); }
  Array* array() { return std::get_if<Array>(&data); }
  const std::string* string() const { return std::get_if<std::string>(&data); }
  const Amount* amount() const { return std::get_if<Amount>(&data); }

  /// The member `key` of a table; null if this is no table or has no such member.
  const Value* find(const std::string& key) const;
  Value* find(const std::string& key);

  /// "a string", "an integer", "a table", ...: for messages.
  const char* kind_name() const;
};

// No std::pair: clang 14 cannot instantiate a pair of a type that contains the pair.
struct Value::Member {
  std::string key;
  Value value;
  Location where = {};  ///< of the key, where the syntax has one
};

/// A number as a scenario takes it: in its unit, or bare where files have no unit (pages, counts).
Value number_value(std::int64_t number, Unit unit, const Location& where);

/// Where a value stands in a tree: {"hotplug", "0", "size"}.
using ValuePlace = std::vector<std::string>;

}  // namespace mhp
