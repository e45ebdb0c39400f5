#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mhp::validation {

/// A field of a recording that is missing, of another type, or not what such a field can hold.
class BadField : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A number of a snapshot; 0 if it is not there, as the kernel's counters that are 0 are left out.
inline std::int64_t field(const nlohmann::json& object, const char* name) {
  return object.value(name, std::int64_t{0});
}

/// A value of a recording and where it stands. What is asked of it and not there throws BadField,
/// with the place.
class Field {
 public:
  static constexpr std::int64_t kMost = std::int64_t{1} << 52;  ///< bytes that can be addressed

  Field(const nlohmann::json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  const nlohmann::json& json() const { return *value_; }
  const std::string& path() const { return path_; }

  /// A member of an object.
  Field at(const std::string& key) const;
  std::optional<Field> find(const std::string& key) const;
  /// Members of an object, in the order of their names.
  std::vector<std::pair<std::string, Field>> members() const;
  /// Elements of an array.
  std::vector<Field> elements() const;
  /// The n-th element.
  Field element(std::size_t n) const;
  std::size_t size() const { return value_->size(); }

  std::int64_t integer(std::int64_t least = 0, std::int64_t most = kMost) const;
  /// A counter of /proc/vmstat, which the kernel prints as unsigned when it is below 0.
  std::int64_t counter() const;
  const std::string& text() const;
  /// One of these words.
  const std::string& word(const std::vector<std::string>& known) const;

  [[noreturn]] void wrong(const std::string& what) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace mhp::validation
