#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"

namespace mhp::config {

/// Refuses what must not reach the TOML parser: text that is too large, holds bytes outside ASCII,
/// or nests brackets or dotted keys too deeply for a parser that recurses.
std::optional<Diagnostic> guard_toml(std::string_view text, const std::string& file);

}  // namespace mhp::config
