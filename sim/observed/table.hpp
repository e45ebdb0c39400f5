#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/value.hpp"

namespace mhp::observed {

/// A table of values that all stand at one place.
class Table {
 public:
  explicit Table(Location where) : value_{Value::Table{}, std::move(where)} {}

  Table& set(const std::string& key, std::int64_t n) { return put(key, {n, value_.where}); }
  Table& set(const std::string& key, bool b) { return put(key, {b, value_.where}); }
  Table& set(const std::string& key, const char* text) { return set(key, std::string(text)); }
  Table& set(const std::string& key, std::string text) {
    return put(key, {std::move(text), value_.where});
  }
  Table& set(const std::string& key, const std::vector<std::int64_t>& list) {
    return put(key, array(list));
  }
  Table& set(const std::string& key, const std::vector<std::string>& list) {
    return put(key, array(list));
  }
  Table& set(const std::string& key, Value::Array list) {
    return put(key, {std::move(list), value_.where});
  }
  Table& put(const std::string& key, Value v) {
    value_.table()->push_back({key, std::move(v), value_.where});
    return *this;
  }
  const Location& where() const { return value_.where; }
  Value take() { return std::move(value_); }

 private:
  template <class T>
  Value array(const std::vector<T>& list) const {
    Value::Array out;
    for (const T& t : list) out.push_back({t, value_.where});
    return {std::move(out), value_.where};
  }

  Value value_;
};

}  // namespace mhp::observed
