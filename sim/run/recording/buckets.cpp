#include "sim/run/recording/buckets.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"

namespace mhp::run {

Buckets::Buckets(std::size_t columns, std::size_t watched, SimTime length, std::size_t most)
    : columns_(columns),
      watched_(watched),
      room_(most),
      length_(length),
      open_least_(watched),
      open_most_(watched) {
  MHP_INVARIANT(watched <= columns && most >= 2 && most % 2 == 0 && length.value > 0,
                "{} of {} columns in {} buckets", watched, columns, most);
}

void Buckets::begin(std::span<const double> values) {
  std::copy_n(values.begin(), watched_, open_least_.begin());
  std::copy_n(values.begin(), watched_, open_most_.begin());
  seen_ = true;
}

void Buckets::look(std::span<const double> watched) {
  if (!seen_) return begin(watched);
  for (std::size_t i = 0; i < watched_; ++i) {
    open_least_[i] = std::min(open_least_[i], watched[i]);
    open_most_[i] = std::max(open_most_[i], watched[i]);
  }
}

void Buckets::close(std::span<const double> values) { close_at(end(), values); }

void Buckets::close_at(SimTime end, std::span<const double> values) {
  look(values);
  ends_.push_back(end);
  last_.insert(last_.end(), values.begin(), values.end());
  least_.insert(least_.end(), open_least_.begin(), open_least_.end());
  most_.insert(most_.end(), open_most_.begin(), open_most_.end());
  start_ = end;
  begin(values);
  if (ends_.size() == room_) halve();
}

void Buckets::halve() {
  for (std::size_t i = 0; i < room_ / 2; ++i) {
    ends_[i] = ends_[2 * i + 1];
    for (std::size_t c = 0; c < columns_; ++c) last_[i * columns_ + c] = last(2 * i + 1, c);
    for (std::size_t c = 0; c < watched_; ++c) {
      least_[i * watched_ + c] = std::min(least(2 * i, c), least(2 * i + 1, c));
      most_[i * watched_ + c] = std::max(most(2 * i, c), most(2 * i + 1, c));
    }
  }
  ends_.resize(room_ / 2);
  last_.resize(room_ / 2 * columns_);
  least_.resize(room_ / 2 * watched_);
  most_.resize(room_ / 2 * watched_);
  length_ = length_ * 2;
}

}  // namespace mhp::run
