#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::run {

/// Values over time in equal buckets, of which there are never more than so many: when they are
/// full, two neighbours become one of twice the length. Keeps of each bucket the last value of
/// every column, and of the first `watched` columns the extremes.
class Buckets {
 public:
  Buckets(std::size_t columns, std::size_t watched, SimTime length, std::size_t most);

  /// The end of the bucket that is open. A time that is not later belongs to it.
  SimTime end() const { return start_ + length_; }
  SimTime length() const { return length_; }
  /// Values of the watched columns, at any moment of the open bucket.
  void look(std::span<const double> watched);
  /// The same of one column: the others are as they were.
  void look(std::size_t column, double value) {
    open_least_[column] = std::min(open_least_[column], value);
    open_most_[column] = std::max(open_most_[column], value);
  }
  /// Ends the open bucket with these values of all columns, the watched ones first; the next one
  /// begins with them.
  void close(std::span<const double> values);
  /// The same at an earlier time, for the last time.
  void close_at(SimTime end, std::span<const double> values);

  std::size_t size() const { return ends_.size(); }
  const std::vector<SimTime>& ends() const { return ends_; }
  double last(std::size_t bucket, std::size_t column) const {
    return last_[bucket * columns_ + column];
  }
  double least(std::size_t bucket, std::size_t column) const {
    return least_[bucket * watched_ + column];
  }
  double most(std::size_t bucket, std::size_t column) const {
    return most_[bucket * watched_ + column];
  }

 private:
  void halve();
  void begin(std::span<const double> values);

  std::size_t columns_;
  std::size_t watched_;
  std::size_t room_;
  SimTime start_;
  SimTime length_;
  std::vector<SimTime> ends_;
  std::vector<double> last_, least_, most_;     // of closed buckets
  std::vector<double> open_least_, open_most_;  // of the open one
  bool seen_ = false;                           // the open bucket has values
};

}  // namespace mhp::run
