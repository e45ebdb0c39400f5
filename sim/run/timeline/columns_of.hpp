#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/record/dataset.hpp"

namespace mhp::run {

/// What a file lacks of what is read from it; thrown by the reader below.
struct FileLacks {
  std::string what;
};

/// Reads variables of a group by their names, coordinates too; what is missing, of another type or
/// of another length than asked for is a FileLacks.
class ColumnsOf {
 public:
  explicit ColumnsOf(const record::Group& group) : group_(group) {}

  const std::vector<std::int64_t>& ints(std::string_view name, std::size_t length) const;
  const std::vector<double>& doubles(std::string_view name, std::size_t length) const;
  const std::vector<std::string>& texts(std::string_view name, std::size_t length) const;
  /// The word of each value of a column of flags.
  std::vector<std::string_view> words(std::string_view name, std::size_t length) const;
  /// The length of an axis.
  std::size_t length(std::string_view axis) const;
  bool has(std::string_view name) const;

 private:
  template <class T>
  const T& get(std::string_view name, std::size_t length) const;
  const record::Group& group_;
};

}  // namespace mhp::run
