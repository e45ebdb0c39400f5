#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/record/dataset.hpp"

namespace mhp::record {

/// What a schema promises of one variable of a group.
struct Promise {
  enum class Type : std::uint8_t { integer, real, flags, text };

  std::string_view group;
  std::string_view name;
  std::string_view axes;  ///< separated by commas; of a coordinate its own name; empty: a scalar
  std::string_view units;
  Type type = Type::integer;
};

/// A sentence for each promise that a file does not keep: what it lacks, and what is otherwise.
std::vector<std::string> broken_promises(const FileContent& file, std::span<const Promise> all);

/// A sentence for each variable of a group that nothing was promised of.
std::vector<std::string> unpromised(const FileContent& file, std::string_view group,
                                    std::span<const Promise> all);

}  // namespace mhp::record
