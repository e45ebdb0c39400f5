#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace mhp::question {

/// What was found at a point of a search: a number to which the caller gives meaning, or open.
using Label = int;
constexpr Label kOpen = -1;  ///< tried as often as may be, and still not known

/// Finds where the label changes along the points 0 .. count-1 and asks for few labels on the way:
/// first those of the ends, then an even grid, then by bisection between neighbours that differ. As
/// long as every label has one stretch of points, this is all. Once one comes back after another,
/// nothing can be concluded from points that were not tried: the search then goes on to the middle
/// of the widest gap, until it is told no more or no gap is left. It knows no simulation; what it
/// asks depends on the labels alone.
class Search {
 public:
  /// `count` and `grid` are 1 at the least. `sought`: only the last point with this label is
  /// wanted, so that nothing before one that is known is asked for; else every change is.
  Search(std::int64_t count, std::int64_t grid, std::optional<Label> sought);

  /// The points whose labels are wanted next, in their order; none: all is known.
  std::vector<std::int64_t> next() const;
  void tell(std::int64_t point, Label label) { labels_[point] = label; }

  const std::map<std::int64_t, Label>& labels() const { return labels_; }
  /// Whether every label but open has one stretch, as far as it was told.
  bool one_stretch_each() const;
  /// The last point with the sought label; nothing if there is none.
  std::optional<std::int64_t> last() const;

 private:
  struct Gap {
    std::int64_t from, to;  ///< neighbours among the points told, with others between them
  };
  std::int64_t first_of_interest() const { return last().value_or(0); }
  std::vector<Gap> gaps() const;
  std::vector<std::int64_t> grid() const;
  bool differ(const Gap& gap) const;
  std::optional<Label> decided(std::int64_t point, bool upwards) const;

  std::int64_t count_, grid_;
  std::optional<Label> sought_;
  std::map<std::int64_t, Label> labels_;
};

}  // namespace mhp::question
