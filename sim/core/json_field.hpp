#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mhp {

/// A field of JSON that is missing, of another type, or not what such a field can hold.
class BadJson : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A value of somebody else's JSON and where in it it stands. What is asked of it and not there, or
/// of another type, throws BadJson, with the place: "steps[3].op: {} is not a text".
class JsonField {
 public:
  static constexpr std::int64_t kMost = std::int64_t{1} << 52;  ///< bytes that can be addressed

  JsonField(const nlohmann::json& value, std::string path)
      : value_(&value), path_(std::move(path)) {}

  const nlohmann::json& json() const { return *value_; }
  const std::string& path() const { return path_; }

  /// A member of an object.
  JsonField at(const std::string& key) const;
  std::optional<JsonField> find(const std::string& key) const;
  /// Members of an object, in the order of their names.
  std::vector<std::pair<std::string, JsonField>> members() const;
  /// Elements of an array.
  std::vector<JsonField> elements() const;
  /// The n-th element.
  JsonField element(std::size_t n) const;
  std::size_t size() const { return value_->size(); }
  bool is_null() const { return value_->is_null(); }

  /// A whole number.
  std::int64_t integer(std::int64_t least = 0, std::int64_t most = kMost) const;
  /// A counter of /proc/vmstat, which the kernel prints as unsigned when it is below 0.
  std::int64_t counter() const;
  /// A number, whole or not, that is not below 0.
  double number(double most) const;
  bool flag() const;
  const std::string& text() const;
  /// One of these words.
  const std::string& word(const std::vector<std::string>& known) const;

  [[noreturn]] void wrong(const std::string& what) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace mhp
