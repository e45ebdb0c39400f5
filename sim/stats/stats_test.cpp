#include "sim/stats/stats.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mhp::analysis::stats_test {
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

/// In how many of 2,000 samples the 95 % interval holds the true mean.
template <class Distribution>
int covered(Distribution distribution, double mean, std::size_t size) {
  std::mt19937_64 random(20210324);
  int hits = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> sample(size);
    for (double& v : sample) v = distribution(random);
    const Estimate e = estimate(sample);
    hits += *e.lo <= mean && mean <= *e.hi;
  }
  return hits;
}

// 95 % intervals must cover the true mean in 93 to 97 % of 2,000 samples. Ten normal values do;
// exponential ones are skewed, and Student's interval comes near its word from about a hundred on.
TEST(stats, intervals_cover_the_true_mean_as_often_as_they_say) {
  for (const int hits : {covered(std::normal_distribution<double>(5, 2), 5, 10),
                         covered(std::exponential_distribution<double>(0.5), 2, 100)}) {
    EXPECT_GE(hits, 1860);
    EXPECT_LE(hits, 1940);
  }
}

// Common random numbers: values with a shared part of standard deviation 3 and own parts of 1. The
// variance of a difference is 2 in pairs and 20 without, so intervals are sqrt(10) = 3.2 times as
// narrow.
TEST(stats, pairs_that_share_their_draws_have_narrower_intervals) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> shared(0, 3), own(0, 1);
  double paired = 0, unpaired = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> a(10), b(10), c(10);
    for (std::size_t k = 0; k < a.size(); ++k) {
      const double common = shared(random);
      a[k] = common + own(random);
      b[k] = common + own(random);
      c[k] = shared(random) + own(random);
    }
    const auto width = [](const Estimate& e) { return *e.hi - *e.lo; };
    paired += width(paired_difference(a, b));
    unpaired += width(paired_difference(a, c));
  }
  EXPECT_NEAR(unpaired / paired, std::sqrt(10), 0.2);
}

// The A/A test: two samples of the same distribution differ significantly in at most 7 %.
TEST(stats, samples_that_are_alike_seldom_differ_significantly) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal(5, 2);
  int differ = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> a(10), b(10);
    for (double& v : a) v = normal(random);
    for (double& v : b) v = normal(random);
    differ += *significant(paired_difference(a, b));
  }
  EXPECT_LE(differ, 140);
  EXPECT_GE(differ, 60);
}

}  // namespace
}  // namespace mhp::analysis::stats_test
