#include "sim/report/break_even.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mhp::report {
namespace {

/// Sizes of 1, 2, 4 and 8 bytes, each under two placements; `diff` of the second.
StudyTable table_of(const Values& diff, const std::string& better = "lower") {
  StudyTable t;
  t.dims = {{"size", 4}, {"placement", 2}};
  t.axes = {{"size", 0, "byte", "", {1, 2, 4, 8}, {}}, {"placement", 1, "1", "", {}, {"a", "b"}}};
  t.baseline = StudyBaseline{1, 0};
  StudyMetric m{"time", "time", "run", "ns", better, "-"};
  for (const double d : diff) {
    m.mean.insert(m.mean.end(), {10, 10 + d});
    m.diff.insert(m.diff.end(), {0, d});
  }
  t.metrics = {m};
  return t;
}

TEST(BreakEven, lies_where_a_straight_line_has_no_difference) {
  // From 2 (+1) to 4 (-3): a quarter of the way.
  const auto t = table_of({3, 1, -3, -4});
  const auto found = break_even(t, t.metrics[0]);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].axis, 0u);
  EXPECT_EQ(found[0].level, 1u);
  ASSERT_EQ(found[0].crossings.size(), 1u);
  const Crossing& c = found[0].crossings[0];
  EXPECT_EQ(c.low, 2);
  EXPECT_EQ(c.high, 4);
  EXPECT_EQ(c.x, 2.5);
  EXPECT_TRUE(c.baseline_before);
  EXPECT_FALSE(c.sure.has_value());
  EXPECT_EQ(c.at, (std::vector<std::optional<std::size_t>>{std::nullopt, std::nullopt}));
}

TEST(BreakEven, the_better_side_depends_on_the_metric) {
  const auto t = table_of({3, 1, -3, -4}, "higher");
  EXPECT_FALSE(break_even(t, t.metrics[0])[0].crossings[0].baseline_before);
  const auto none = table_of({3, 1, -3, -4}, "none");
  EXPECT_TRUE(break_even(none, none.metrics[0]).empty());
}

TEST(BreakEven, equal_points_are_passed_over_and_missing_ones_end_the_walk) {
  const auto equal = table_of({3, 0, 0, -3});
  ASSERT_EQ(break_even(equal, equal.metrics[0]).size(), 1u);
  EXPECT_EQ(break_even(equal, equal.metrics[0])[0].crossings[0].low, 1);
  EXPECT_EQ(break_even(equal, equal.metrics[0])[0].crossings[0].high, 8);
  const auto missing = table_of({3, NAN, -3, -3});
  EXPECT_TRUE(break_even(missing, missing.metrics[0]).empty());
}

TEST(BreakEven, is_sure_where_both_sides_are_more_than_chance) {
  auto t = table_of({3, 1, -3, -4});
  t.metrics[0].significant = {0, 1, 0, 1, 0, 1, 0, 1};
  EXPECT_EQ(break_even(t, t.metrics[0])[0].crossings[0].sure, true);
  t.metrics[0].significant[3] = 0;
  EXPECT_EQ(break_even(t, t.metrics[0])[0].crossings[0].sure, false);
}

}  // namespace
}  // namespace mhp::report
