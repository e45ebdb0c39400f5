// The rule of bands, on numbers that can be followed.
#include "analysis/validation/pressure/band.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mhp::pressure::band_test {
namespace {

Recorded recorded(std::vector<double> runs, Kind kind = Kind::amount, double floor = 0,
                  const char* of = "pgsteal") {
  return {{.name = "q", .class_name = of, .kind = kind, .floor = floor}, std::move(runs)};
}

TEST(Band, an_outcome_is_one_of_those_recorded) {
  const Spread nothing;
  const Band same = nothing.band(recorded({4, 4, 4}, Kind::outcome));
  EXPECT_TRUE(same.holds(4));
  EXPECT_FALSE(same.holds(3));
  const Band either = nothing.band(recorded({0, 1, 0}, Kind::outcome));
  EXPECT_TRUE(either.holds(0));
  EXPECT_TRUE(either.holds(1));
  EXPECT_TRUE(nothing.band(recorded({1}, Kind::outcome)).holds(1));
  EXPECT_FALSE(nothing.band(recorded({1}, Kind::outcome)).holds(0));
}

// Two runs agree: exact. One run alone, or runs that differ: as an amount, here 2 floors about.
TEST(Band, pieces_are_exact_where_runs_agree) {
  const Spread nothing;
  EXPECT_FALSE(nothing.band(recorded({128, 128}, Kind::pieces, 1)).holds(127));
  EXPECT_TRUE(nothing.band(recorded({128}, Kind::pieces, 1)).holds(126));
  EXPECT_FALSE(nothing.band(recorded({128}, Kind::pieces, 1)).holds(125));
  const Band differ = nothing.band(recorded({60, 62}, Kind::pieces, 1));
  EXPECT_EQ(differ.low, 58);
  EXPECT_EQ(differ.high, 64);
}

// d = sqrt(2 * 0.1^2 / 1), sqrt(2 * 0.2^2 / 1) and sqrt(2 * 0.9^2 / 1): the median is the second.
TEST(Band, spread_of_a_class_is_the_median_over_its_recordings) {
  Spread spread;
  spread.add({recorded({900, 1100}), recorded({1, 19}), recorded({8, 12})});
  const double s = std::sqrt(0.08) / 0.6745;
  EXPECT_DOUBLE_EQ(spread.of("pgsteal"), s);
  EXPECT_EQ(spread.of("pswpout"), 0);
  // 2 s m to each side of a single run; with a floor, 2 sqrt(floor^2 + (s m)^2).
  const Band one = spread.band(recorded({500}));
  EXPECT_DOUBLE_EQ(one.low, 500 - 2 * s * 500);
  EXPECT_DOUBLE_EQ(one.high, 500 + 2 * s * 500);
  const Band floored = spread.band(recorded({0}, Kind::amount, 126));
  EXPECT_EQ(floored.low, 0);
  EXPECT_EQ(floored.high, 252);
}

TEST(Band, small_quantities_single_runs_and_outcomes_tell_nothing_of_spread) {
  Spread spread;
  spread.add({recorded({1, 30}, Kind::amount, 1), recorded({7}), recorded({0, 0}),
              recorded({1, 5}, Kind::outcome)});
  EXPECT_EQ(spread.of("pgsteal"), 0);
}

TEST(Band, holds_every_run_and_its_ends) {
  Spread spread;
  spread.add({recorded({14, 71, 16}, Kind::amount, 1, "direct share")});
  const Recorded r = recorded({14, 71, 16}, Kind::amount, 1, "direct share");
  const Band band = spread.band(r);
  for (const double v : r.runs) EXPECT_TRUE(band.holds(v));
  EXPECT_TRUE(band.holds(band.low));
  EXPECT_TRUE(band.holds(band.high));
  EXPECT_FALSE(band.holds(band.high + 0.001));
}

}  // namespace
}  // namespace mhp::pressure::band_test
