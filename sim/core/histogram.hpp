#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace mhp {

/// Counts of non-negative integers in buckets whose width grows with the value: exact below 2^10,
/// above it no wider than 2^-10 of the value (the layout of HDR histograms). Memory grows with the
/// logarithm of the largest value, not with the number of values.
class Histogram {
 public:
  void record(std::int64_t value);
  void merge(const Histogram& other);

  std::int64_t count() const { return count_; }
  std::int64_t sum() const { return sum_; }
  std::int64_t max() const { return max_; }
  /// Rounded down; 0 if there are no values.
  std::int64_t mean() const { return count_ == 0 ? 0 : sum_ / count_; }
  /// The value at position floor((count - 1) * permille / 1000) from the smallest, 0 <= permille <=
  /// 1000: never too small, too large by at most 2^-10 of itself. 0 if there are no values.
  std::int64_t quantile(std::int64_t permille) const;
  /// Calls f(first, count) for each bucket that holds values, in ascending order: `first` is the
  /// least value that it may hold.
  void for_each(const std::function<void(std::int64_t, std::int64_t)>& f) const;

 private:
  std::vector<std::int64_t> buckets_;
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace mhp
