#include "sim/core/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "sim/core/utf8.hpp"

namespace mhp {
namespace {

/// A list of known names longer than this helps nobody in a one-line message.
constexpr std::size_t kShortList = 8;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The least number of insertions, deletions, replacements and swaps of neighbours that turn `a`
/// into `b`, letter case ignored.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

/// "a", "a or b", "a, b or c".
std::string either(const std::vector<std::string>& names) {
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) {
    text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

std::string Diagnostic::text() const {
  std::string out = where.file;
  if (where.line > 0) out += fmt::format("{}{}", out.empty() ? "" : ":", where.line);
  if (where.line > 0 && where.column > 0) out += fmt::format(":{}", where.column);
  if (!out.empty()) out += ": ";
  out += problem;
  if (!remedy.empty()) out += "; " + remedy;
  return visible(out, /*lines=*/true);  // lists of choices have ends of lines
}

std::vector<std::string> nearest_names(std::string_view wanted,
                                       const std::vector<std::string>& known, std::size_t most) {
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(wanted, name);
    // One slip in three letters is a typing error; more is another word.
    if (distance <= std::max(wanted.size(), name.size()) / 3) near.emplace_back(distance, name);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> names;
  for (const auto& [distance, name] : near) {
    // Nothing but letter case is wrong with the first: the others would only distract.
    const bool beside_the_point = distance > 0 && near.front().first == 0;
    if (names.size() < most && !beside_the_point) names.push_back(name);
  }
  return names;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& known) {
  const std::vector<std::string> near = nearest_names(wanted, known);
  if (!near.empty()) return "did you mean " + either(near) + "?";
  if (known.empty() || known.size() > kShortList) return {};
  return fmt::format("known: {}", fmt::join(known, ", "));
}

}  // namespace mhp
