#include "analysis/stats.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mhp::analysis {
namespace {

TEST(stats, one_observation_has_no_interval) {
  const Estimate e = estimate({7});
  EXPECT_EQ(e.mean, 7);
  EXPECT_FALSE(e.lo || e.hi);
  EXPECT_FALSE(significant(e).has_value());
}

// Mean 3, s^2 = 2.5, n = 5: half width = t(0.975, 4) * sqrt(2.5/5) = 2.776445 * 0.707107.
TEST(stats, the_interval_is_students) {
  const Estimate e = estimate({1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(e.mean, 3);
  EXPECT_NEAR(*e.hi - e.mean, 2.776445 * 0.707107, 1e-5);
  EXPECT_NEAR(e.mean - *e.lo, *e.hi - e.mean, 1e-12);
}

TEST(stats, equal_pairs_are_never_significant_and_a_constant_shift_always_is) {
  const std::vector<double> a{1, 5, 9};
  EXPECT_EQ(significant(paired_difference(a, a)), false);
  EXPECT_EQ(significant(paired_difference({2, 6, 10}, a)), true);
}

// Any rising relation is 1, any falling one -1; (1, 2, 3, 4) against (1, 3, 2, 4): 1 - 6 * 2 / 60.
TEST(stats, rank_correlation_looks_at_order_alone) {
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3}, {1, 100, 101}), 1);
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3}, {9, 4, -1}), -1);
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3, 4}, {1, 3, 2, 4}), 0.8);
  EXPECT_DOUBLE_EQ(rank_correlation({1, 1, 2, 2}, {5, 5, 7, 7}), 1) << "ties share a rank";
  EXPECT_EQ(rank_correlation({1, 2, 3}, {4, 4, 4}), 0);
}

// 95 % intervals must cover the true mean in 93 to 97 % of 2,000 samples of ten.
TEST(stats, intervals_cover_the_true_mean_as_often_as_they_say) {
  std::mt19937_64 random(20210324);
  std::normal_distribution<double> normal(5, 2);
  int covered = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> sample(10);
    for (double& v : sample) v = normal(random);
    const Estimate e = estimate(sample);
    covered += *e.lo <= 5 && 5 <= *e.hi;
  }
  EXPECT_GE(covered, 1860);
  EXPECT_LE(covered, 1940);
}

}  // namespace
}  // namespace mhp::analysis
