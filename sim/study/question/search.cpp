#include "sim/study/question/search.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace mhp::question {

Search::Search(std::int64_t count, std::int64_t grid, std::optional<Label> sought)
    : count_(count), grid_(grid), sought_(sought) {}

std::vector<std::int64_t> Search::next() const {
  std::vector<std::int64_t> wanted;
  for (const std::int64_t end : {std::int64_t{0}, count_ - 1})
    if (labels_.count(end) == 0 && (wanted.empty() || wanted.back() != end)) wanted.push_back(end);
  if (wanted.empty()) wanted = grid();
  if (!wanted.empty()) return wanted;
  const std::vector<Gap> all = gaps();
  for (const Gap& gap : all)
    if (differ(gap)) wanted.push_back(gap.from + (gap.to - gap.from) / 2);
  if (wanted.empty() && !one_stretch_each() && !all.empty()) {
    const auto width = [](const Gap& gap) { return gap.to - gap.from; };
    const auto widest = std::max_element(
        all.begin(), all.end(), [&](const Gap& a, const Gap& b) { return width(a) < width(b); });
    wanted.push_back(widest->from + width(*widest) / 2);
  }
  return wanted;
}

std::optional<std::int64_t> Search::last() const {
  if (!sought_) return std::nullopt;
  for (auto it = labels_.rbegin(); it != labels_.rend(); ++it)
    if (it->second == *sought_) return it->first;
  return std::nullopt;
}

bool Search::one_stretch_each() const {
  std::set<Label> left;  // labels whose stretch has ended
  Label now = kOpen;
  for (const auto& [point, label] : labels_) {
    if (label == kOpen || label == now) continue;
    if (left.count(label) != 0) return false;
    left.insert(now);
    now = label;
  }
  return true;
}

/// What is wanted of the even grid.
std::vector<std::int64_t> Search::grid() const {
  std::vector<std::int64_t> out;
  for (std::int64_t k = 1; k + 1 < grid_; ++k) {
    const auto point =
        static_cast<std::int64_t>(static_cast<__int128>(count_ - 1) * k / (grid_ - 1));
    if (point >= first_of_interest() && labels_.count(point) == 0 &&
        (out.empty() || out.back() != point))
      out.push_back(point);
  }
  return out;
}

std::vector<Search::Gap> Search::gaps() const {
  std::vector<Gap> out;
  for (auto it = labels_.lower_bound(first_of_interest()); it != labels_.end(); ++it)
    if (const auto after = std::next(it); after != labels_.end() && after->first - it->first > 1)
      out.push_back({it->first, after->first});
  return out;
}

/// The nearest label that is not open, from a point on.
std::optional<Label> Search::decided(std::int64_t point, bool upwards) const {
  for (auto it = labels_.find(point);; upwards ? ++it : --it) {
    if (it == labels_.end()) return std::nullopt;
    if (it->second != kOpen) return it->second;
    if (!upwards && it == labels_.begin()) return std::nullopt;
  }
}

/// Whether a change lies in the gap. Open points stand for either label of the decided ones around
/// them: what is wanted of them is where they begin and where they end.
bool Search::differ(const Gap& gap) const {
  if (labels_.at(gap.from) == kOpen && labels_.at(gap.to) == kOpen) return false;
  const auto before = decided(gap.from, false);
  const auto after = decided(gap.to, true);
  return !before || !after || *before != *after;
}

}  // namespace mhp::question
