#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>

namespace mhp {

/// A map from integers to values held as disjoint half-open intervals; neighbours of equal value
/// are joined, so that a terabyte of one kind is one entry. Every operation costs O(log n) in the
/// number of intervals (plus those it removes).
template <class V>
class IntervalMap {
 public:
  struct Interval {
    std::int64_t start;
    std::int64_t end;
    V value;
  };

  bool empty() const { return map_.empty(); }
  std::size_t size() const { return map_.size(); }

  /// The interval that contains `x`.
  std::optional<Interval> find(std::int64_t x) const {
    auto it = map_.upper_bound(x);
    if (it == map_.begin()) return std::nullopt;
    --it;
    if (x >= it->second.end) return std::nullopt;
    return Interval{it->first, it->second.end, it->second.value};
  }

  bool contains(std::int64_t x) const { return find(x).has_value(); }

  /// The first interval that ends after `x`.
  std::optional<Interval> first_after(std::int64_t x) const {
    auto it = map_.upper_bound(x);
    if (it != map_.begin() && std::prev(it)->second.end > x) --it;
    if (it == map_.end()) return std::nullopt;
    return Interval{it->first, it->second.end, it->second.value};
  }

  /// The last interval that starts before `x`.
  std::optional<Interval> last_before(std::int64_t x) const {
    auto it = map_.lower_bound(x);
    if (it == map_.begin()) return std::nullopt;
    --it;
    return Interval{it->first, it->second.end, it->second.value};
  }

  /// Sum of lengths.
  std::int64_t total() const {
    std::int64_t n = 0;
    for (const auto& [start, e] : map_) n += e.end - start;
    return n;
  }

  void assign(std::int64_t start, std::int64_t end, V value) {
    if (start >= end) return;
    erase(start, end);
    auto next = past_all(start) ? map_.end() : map_.lower_bound(end);
    if (next != map_.end() && next->first == end && next->second.value == value) {
      end = next->second.end;
      next = map_.erase(next);
    }
    if (next != map_.begin()) {
      auto prev = std::prev(next);
      if (prev->second.end == start && prev->second.value == value) {
        prev->second.end = end;
        return;
      }
    }
    map_.emplace_hint(next, start, Entry{end, value});
  }

  void erase(std::int64_t start, std::int64_t end) {
    if (start >= end || past_all(start)) return;
    auto it = map_.upper_bound(start);
    if (it != map_.begin() && std::prev(it)->second.end > start) --it;
    while (it != map_.end() && it->first < end) {
      const std::int64_t s = it->first;
      const Entry e = it->second;
      it = map_.erase(it);
      if (s < start) map_.emplace_hint(it, s, Entry{start, e.value});
      if (e.end > end) it = map_.emplace_hint(it, end, e);
    }
  }

  /// Calls f(Interval clipped to [start, end)) in ascending order for every interval that meets the
  /// range.
  template <class F>
  void for_each_in(std::int64_t start, std::int64_t end, F&& f) const {
    auto it = map_.upper_bound(start);
    if (it != map_.begin() && std::prev(it)->second.end > start) --it;
    for (; it != map_.end() && it->first < end; ++it)
      f(Interval{it->first < start ? start : it->first, it->second.end > end ? end : it->second.end,
                 it->second.value});
  }

  /// Calls f(start, end) in ascending order for every stretch of [start, end) that is not in the
  /// map.
  template <class F>
  void for_each_gap_in(std::int64_t start, std::int64_t end, F&& f) const {
    for_each_in(start, end, [&](const Interval& i) {
      if (i.start > start) f(start, i.start);
      start = i.end;
    });
    if (start < end) f(start, end);
  }

  /// Length of the part of [start, end) that is in the map.
  std::int64_t covered(std::int64_t start, std::int64_t end) const {
    std::int64_t n = 0;
    for_each_in(start, end, [&](const Interval& i) { n += i.end - i.start; });
    return n;
  }

 private:
  struct Entry {
    std::int64_t end;
    V value;
  };
  /// True if no interval ends after `x`: memory is mostly added upwards, which then needs no
  /// search.
  bool past_all(std::int64_t x) const {
    return map_.empty() || std::prev(map_.end())->second.end <= x;
  }

  std::map<std::int64_t, Entry> map_;
};

/// The one value of an interval set.
struct Present {
  bool operator==(const Present&) const = default;
};

/// A set of integers held as disjoint half-open intervals.
class IntervalSet : public IntervalMap<Present> {
 public:
  void insert(std::int64_t start, std::int64_t end) { assign(start, end, {}); }
};

}  // namespace mhp
