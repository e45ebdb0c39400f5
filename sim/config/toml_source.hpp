#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"

namespace mhp::config {

/// Larger files and deeper nesting than these are refused before they are parsed.
constexpr std::size_t kMaxTomlBytes = std::size_t{4} << 20;
constexpr int kMaxTomlDepth = 32;

/// Reads TOML 1.0 without dates, in UTF-8. Every node knows its line and column, in characters
/// (code points); `file` is the name that they and the diagnostics carry. A syntax error ends the
/// reading, so there is at most one.
Result<Value> parse_toml(std::string_view text, const std::string& file);

/// The text of the file at `path`, which may be missing or unreadable. Of a file that is too large
/// it has one byte too many.
Result<std::string> read_text(const std::string& path);

/// The values of the file at `path`, for whoever does not need its text.
Result<Value> load_toml(const std::string& path);

}  // namespace mhp::config
