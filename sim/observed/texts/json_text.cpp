#include "sim/observed/texts/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "sim/observed/texts/lines.hpp"

namespace mhp::observed {

namespace {

/// Deeper than any of the texts; a parser that recurses has no end of stack to fear.
constexpr int kDeepest = 64;

bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (text[i] == '{' || text[i] == '[')) {
      if (++depth > kDeepest) return true;
    } else if (!quoted && (text[i] == '}' || text[i] == ']')) {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<nlohmann::json> json_of(std::string_view text, const Location& at, std::string_view what) {
  if (text.size() > kMostText)
    return fail(at, fmt::format("the text has {} bytes", text.size()),
                fmt::format("at most {} are read", kMostText));
  if (too_deep(text)) return fail(at, fmt::format("this is no {}: nested too deeply", what));
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& e) {
    const std::size_t byte = std::min(e.byte, text.size());
    const std::string_view before = text.substr(0, byte);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n');
    const std::size_t column = start == before.npos ? byte : byte - start - 1;
    return fail(Location(at.file, std::max(at.line, 1) + static_cast<int>(lines),
                         static_cast<int>(std::max<std::size_t>(column, 1))),
                fmt::format("{}: the JSON is broken here", what));
  } catch (const nlohmann::json::exception&) {
    // A number that no double holds.
    return fail(at, fmt::format("{}: the JSON has a number that cannot be", what));
  }
}

}  // namespace mhp::observed
