#include "sim/study/design/axis.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/core/types.hpp"

namespace mhp::study::axis_test {
namespace {

using Numbers = std::vector<std::int64_t>;

constexpr std::uint64_t fraction(double f) {
  return static_cast<std::uint64_t>(f * 18446744073709551616.0);
}

TEST(range, a_linear_range_gives_each_multiple_an_equal_part_of_the_way) {
  const Range r(10, 40, false, 10);  // 10, 20, 30, 40: a quarter each
  EXPECT_EQ(r.at(0), 10);
  EXPECT_EQ(r.at(fraction(0.25) - 1), 10);
  EXPECT_EQ(r.at(fraction(0.25)), 20);
  EXPECT_EQ(r.at(fraction(0.75) - 1), 30);
  EXPECT_EQ(r.at(~std::uint64_t{0}), 40);
}

// from * (to / from)^f: half of the way from 1 to 10^6 is 10^3, a third of it 10^2.
TEST(range, a_logarithmic_range_goes_by_ratios) {
  const Range r(1, 1'000'000, true, 1);
  EXPECT_EQ(r.at(0), 1);
  EXPECT_EQ(r.at(fraction(0.5)), 1000);
  EXPECT_EQ(r.at(fraction(1.0 / 3)), 100);
  EXPECT_EQ(r.at(fraction(5.0 / 6)), 100'000);
  EXPECT_EQ(r.spread(7), (Numbers{1, 10, 100, 1000, 10'000, 100'000, 1'000'000}));
  EXPECT_EQ(Range(kGiB, 64 * kGiB, true, kGiB).spread(4),
            (Numbers{kGiB, 4 * kGiB, 16 * kGiB, 64 * kGiB}));
}

TEST(range, a_spread_has_both_ends_and_a_step_may_miss_the_last) {
  EXPECT_EQ(Range(0, 10, false, 1).spread(5), (Numbers{0, 2, 5, 7, 10}));
  EXPECT_EQ(Range(3, 3, false, 1).spread(5), Numbers{3});
  EXPECT_EQ(Range(1, 10, false, 1).stepped(4), (Numbers{1, 5, 9}));
  EXPECT_EQ(Range(1, 10, true, 1).stepped(2), (Numbers{1, 2, 4, 8}));
}

RC_GTEST_PROP(range, stays_inside_never_falls_and_keeps_to_multiples, ()) {
  const bool log = *rc::gen::arbitrary<bool>();
  const auto multiple = *rc::gen::inRange<std::int64_t>(1, 1000);
  const auto from = *rc::gen::inRange<std::int64_t>(1, 1'000'000) * multiple;
  const auto to = from + *rc::gen::inRange<std::int64_t>(0, 1'000'000) * multiple;
  const Range r(from, to, log, multiple);
  const auto a = *rc::gen::arbitrary<std::uint64_t>();
  const auto b = *rc::gen::arbitrary<std::uint64_t>();
  for (const std::uint64_t f : {a, b}) {
    RC_ASSERT(r.at(f) >= from && r.at(f) <= to);
    RC_ASSERT(r.at(f) % multiple == 0);
  }
  RC_ASSERT(r.at(std::min(a, b)) <= r.at(std::max(a, b)));
}

TEST(number_value, has_the_unit_of_the_axis_where_files_have_one) {
  EXPECT_EQ(number_value(5, Unit::byte, {}).amount()->unit, Unit::byte);
  EXPECT_EQ(number_value(5, Unit::ps, {}).amount()->unit, Unit::ps);
  EXPECT_EQ(std::get<std::int64_t>(number_value(5, Unit::page, {}).data), 5);
  EXPECT_EQ(std::get<std::int64_t>(number_value(5, Unit::one, {}).data), 5);
}

}  // namespace
}  // namespace mhp::study::axis_test
