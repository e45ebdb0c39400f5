#include "sim/observed/texts/number_list.hpp"

#include <algorithm>

#include "sim/observed/texts/lines.hpp"

namespace mhp::observed {

std::optional<std::vector<std::int64_t>> numbers_of_list(std::string_view text, std::int64_t most) {
  std::vector<std::int64_t> out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const std::size_t dash = part.find('-');
    const auto first = number_of(part.substr(0, dash), most);
    const auto last = dash == part.npos ? first : number_of(part.substr(dash + 1), most);
    if (!first || !last || *last < *first) return std::nullopt;
    for (std::int64_t n = *first; n <= *last; ++n) out.push_back(n);
    if (out.size() > 2 * static_cast<std::size_t>(most)) return std::nullopt;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::optional<Bytes> size_of_util_linux(std::string_view text) {
  constexpr std::string_view kUnits = "BKMGTPE";
  if (text.empty()) return std::nullopt;
  std::int64_t unit = 1;
  if (const std::size_t u = kUnits.find(text.back()); u != kUnits.npos) {
    unit = std::int64_t{1} << (10 * u);
    text.remove_suffix(1);
  }
  // A size has one digit after the point, which some languages write as a comma.
  const std::size_t point = text.find_first_of(".,");
  const auto whole = number_of(text.substr(0, point), kMostBytes / unit);
  if (!whole) return std::nullopt;
  std::int64_t bytes = *whole * unit;
  if (point != text.npos) {
    const auto tenths = number_of(text.substr(point + 1), 9);
    if (!tenths) return std::nullopt;
    bytes += *tenths * (unit / 10) + *tenths * (unit % 10) / 10;
  }
  if (bytes > kMostBytes) return std::nullopt;
  return Bytes{bytes};
}

}  // namespace mhp::observed
