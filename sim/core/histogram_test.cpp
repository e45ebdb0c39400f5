#include "sim/core/histogram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace mhp::histogram_test {
namespace {

TEST(Histogram, of_nothing_is_zero) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0);
  EXPECT_EQ(h.mean(), 0);
  EXPECT_EQ(h.quantile(500), 0);
}

// Values below 2^11 have a bucket each: quantiles are those of the sorted list.
TEST(Histogram, small_values_are_exact) {
  Histogram h;
  for (std::int64_t v = 1; v <= 1000; ++v) h.record(v);
  EXPECT_EQ(h.quantile(0), 1);
  EXPECT_EQ(h.quantile(500), 500);  // position floor(999 * 0.5) = 499 of 1..1000
  EXPECT_EQ(h.quantile(999), 999);
  EXPECT_EQ(h.quantile(1000), 1000);
  EXPECT_EQ(h.mean(), 500);
}

TEST(Histogram, holds_the_largest_value) {
  Histogram h;
  h.record(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(h.quantile(1000), std::numeric_limits<std::int64_t>::max());
}

RC_GTEST_PROP(Histogram, quantiles_are_never_too_small_and_too_large_by_a_thousandth, ()) {
  auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 50)));
  Histogram h;
  for (const std::int64_t v : values) h.record(v);
  std::sort(values.begin(), values.end());
  for (const std::int64_t permille : {0, 500, 990, 999, 1000}) {
    const std::int64_t exact =
        values[(values.size() - 1) * static_cast<std::size_t>(permille) / 1000];
    RC_ASSERT(h.quantile(permille) >= exact);
    RC_ASSERT(h.quantile(permille) <= exact + exact / 1024);
  }
}

RC_GTEST_PROP(Histogram, merging_is_recording_everything_in_one, ()) {
  const auto gen = rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 40));
  const auto a = *gen;
  const auto b = *gen;
  Histogram one, other, all;
  for (const std::int64_t v : a) one.record(v), all.record(v);
  for (const std::int64_t v : b) other.record(v), all.record(v);
  one.merge(other);
  RC_ASSERT(one.count() == all.count());
  RC_ASSERT(one.sum() == all.sum());
  RC_ASSERT(one.max() == all.max());
  for (const std::int64_t permille : {0, 250, 500, 990, 1000})
    RC_ASSERT(one.quantile(permille) == all.quantile(permille));
}

}  // namespace
}  // namespace mhp::histogram_test
