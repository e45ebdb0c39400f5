#include "sim/core/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/read_file.hpp"
#include "sim/core/utf8.hpp"

namespace mhp {
namespace {

/// Deeper than any of the texts; what recurses over them has no end of stack to fear.
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

/// The place of the n-th byte of a text that begins at `at`, the first being 1.
Location place_of(std::string_view text, std::size_t n, const Location& at) {
  const std::string_view before =
      text.substr(0, std::min(std::max<std::size_t>(n, 1) - 1, text.size()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line = before.rfind('\n') + 1;  // npos + 1 is 0
  return {at.file, std::max(at.line, 1) + static_cast<int>(lines),
          static_cast<int>(characters_in(before.substr(line))) + 1};
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, const Location& at,
                                  std::string_view what) {
  if (too_deep(text)) return fail(at, fmt::format("this is no {}: nested too deeply", what));
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& e) {
    return fail(place_of(text, e.byte, at),
                is_utf8(text) ? fmt::format("{}: the JSON is broken here", what)
                              : fmt::format("{}: the text is not UTF-8 here", what));
  } catch (const nlohmann::json::exception&) {
    return fail(at, fmt::format("{}: the JSON has a number that cannot be", what));
  }
}

Result<nlohmann::json> load_json(const std::string& path, std::size_t most, std::string_view what) {
  const auto text = read_file_text(path, most);
  if (!text) return tl::unexpected<Diagnostics>(text.error());
  if (text->size() > most)
    return fail({path, 0, 0}, fmt::format("the {} is larger than {} MiB", what, most >> 20U));
  return parse_json(*text, {path, 1, 1}, what);
}

}  // namespace mhp
