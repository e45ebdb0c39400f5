#include "sim/core/interval_map.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace mhp::interval_map_test {
namespace {

// Against the plainest map there is: one value for each integer, 0 for none.
RC_GTEST_PROP(interval_map, agrees_with_an_array, ()) {
  constexpr std::int64_t kSize = 64;
  std::array<int, kSize + 1> plain{};
  IntervalMap<int> map;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const auto a = *rc::gen::inRange<std::int64_t>(0, kSize);
    const auto b = *rc::gen::inRange<std::int64_t>(0, kSize);
    const int value = *rc::gen::inRange(0, 3);
    value == 0 ? map.erase(a, b) : map.assign(a, b, value);
    for (std::int64_t x = a; x < b; ++x) plain[static_cast<std::size_t>(x)] = value;
  }
  std::int64_t total = 0;
  std::size_t intervals = 0;
  for (std::int64_t x = 0; x < kSize; ++x) {
    const int want = plain[static_cast<std::size_t>(x)];
    const auto got = map.find(x);
    RC_ASSERT(got.has_value() == (want != 0));
    if (want == 0) continue;
    RC_ASSERT(got->value == want && got->start <= x && x < got->end);
    ++total;
    intervals += x == 0 || plain[static_cast<std::size_t>(x - 1)] != want ? 1 : 0;
  }
  RC_ASSERT(map.total() == total);
  RC_ASSERT(map.size() == intervals);  // neighbours of equal value are one
  RC_ASSERT(map.covered(10, 50) == [&] {
    std::int64_t n = 0;
    for (std::size_t x = 10; x < 50; ++x) n += plain[x] != 0 ? 1 : 0;
    return n;
  }());
  std::int64_t outside = 0;
  std::int64_t last = 10;
  map.for_each_gap_in(10, 50, [&](std::int64_t start, std::int64_t end) {
    RC_ASSERT(last <= start && start < end && end <= 50 && map.covered(start, end) == 0);
    outside += end - start;
    last = end;
  });
  RC_ASSERT(outside == 40 - map.covered(10, 50));
}

TEST(interval_map, the_neighbours_of_a_point_are_found_on_both_sides) {
  IntervalSet set;
  set.insert(10, 20);
  set.insert(30, 40);
  EXPECT_EQ(set.first_after(9)->start, 10);
  EXPECT_EQ(set.first_after(19)->start, 10);
  EXPECT_EQ(set.first_after(20)->start, 30);
  EXPECT_FALSE(set.first_after(40).has_value());
  EXPECT_EQ(set.last_before(31)->start, 30);
  EXPECT_EQ(set.last_before(30)->start, 10);
  EXPECT_FALSE(set.last_before(10).has_value());
}

}  // namespace
}  // namespace mhp::interval_map_test
