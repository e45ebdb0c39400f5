#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"

namespace mhp::config {

/// Refuses what must not reach the TOML parser: text that is too large, is no UTF-8 or holds
/// control characters (text_fault()), has other than ASCII outside of strings and comments, has a
/// string without an end, or nests brackets or dotted keys too deeply for a parser that recurses.
std::optional<Diagnostic> guard_toml(std::string_view text, const std::string& file);

}  // namespace mhp::config
