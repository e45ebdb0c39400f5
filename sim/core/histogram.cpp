#include "sim/core/histogram.hpp"

#include <algorithm>
#include <bit>

#include "sim/core/invariant.hpp"

namespace mhp {

namespace {

constexpr int kPrecisionBits = 10;
constexpr std::int64_t kHalf = std::int64_t{1} << kPrecisionBits;

// Each power of two from 2^10 up is cut into 2^10 buckets.
std::size_t bucket_of(std::int64_t value) {
  if (value < kHalf) return static_cast<std::size_t>(value);
  const int width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
  const int shift = width - kPrecisionBits - 1;
  return static_cast<std::size_t>(kHalf * shift + (value >> shift));
}

std::int64_t last_value_of(std::size_t bucket) {
  const auto b = static_cast<std::int64_t>(bucket);
  if (b < 2 * kHalf) return b;
  const std::int64_t shift = b / kHalf - 1;
  // Unsigned, as the last bucket ends at 2^63 - 1.
  const auto end = static_cast<std::uint64_t>(b % kHalf + kHalf + 1) << shift;
  return static_cast<std::int64_t>(end - 1);
}

std::int64_t first_value_of(std::size_t bucket) {
  return bucket == 0 ? 0 : last_value_of(bucket - 1) + 1;
}

}  // namespace

void Histogram::record(std::int64_t value) {
  MHP_INVARIANT(value >= 0, "a histogram holds no negative values such as {}", value);
  const std::size_t bucket = bucket_of(value);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1, 0);
  ++buckets_[bucket];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size(), 0);
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

void Histogram::for_each(const std::function<void(std::int64_t, std::int64_t)>& f) const {
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    if (buckets_[i] > 0) f(first_value_of(i), buckets_[i]);
}

std::int64_t Histogram::quantile(std::int64_t permille) const {
  if (count_ == 0) return 0;
  // (count - 1) * permille / 1000 without overflow.
  const std::int64_t last = count_ - 1;
  std::int64_t position = last / 1000 * permille + last % 1000 * permille / 1000;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    position -= buckets_[i];
    if (position < 0) return std::min(last_value_of(i), max_);
  }
  return max_;
}

}  // namespace mhp
