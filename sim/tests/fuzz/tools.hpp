#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/invariant.hpp"

namespace mhp::fuzz {

/// The texts of files of the source tree, by paths below it; of a folder those of its files that
/// end so, in the order of their names. Larger files than `most` bytes are passed over.
std::vector<std::string> files_at(const std::string& path, std::string_view ending = {},
                                  std::size_t most = 64 * 1024);

std::vector<std::string> joined(std::vector<std::vector<std::string>> parts);

/// An input as a regular file, for readers that take a path. There is one at a time.
std::string as_file(const std::string& bytes);

/// What is wrong is said at least once, each time with a place and in text that can be printed.
void check(const Diagnostics& errors);

/// check() of what is wrong, if anything is.
template <class T>
bool checked(const Result<T>& result) {
  if (!result) check(result.error());
  return result.has_value();
}

}  // namespace mhp::fuzz
