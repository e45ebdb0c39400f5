#pragma once

#include <string>

#include "sim/core/value.hpp"

namespace mhp::config {

/// A table as TOML text that parse_toml reads back to an equal value: scalars first, then
/// sub-tables by their path.
std::string to_toml(const Value& root);

}  // namespace mhp::config
