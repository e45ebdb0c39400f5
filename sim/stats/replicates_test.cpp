// Intervals hold what they are of as often as they say, for skewed replicates too.
#include "sim/stats/replicates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "sim/core/histogram.hpp"

namespace mhp::analysis {
namespace {

using Values = std::vector<double>;

TEST(replicates, too_few_or_equal_values_have_no_interval_and_say_why) {
  for (const Centre centre : {Centre::mean, Centre::median}) {
    EXPECT_EQ(of_replicates({7}, centre).none, NoInterval::one);
    EXPECT_EQ(of_replicates({1, 2, 3, 4}, centre).none, NoInterval::few);
    EXPECT_EQ(of_replicates({3, 3, 3, 3, 3, 3}, centre).none, NoInterval::equal);
    EXPECT_EQ(of_replicates({1, 2, 3, 4, 5}, centre).none, NoInterval::there_is);
    const Estimate few = of_replicates({1, 2, 3, 4}, centre);
    EXPECT_FALSE(few.lo || few.hi || significant(few));
  }
}

// Without skewness Hall's interval is Student's: mean 3, s^2 = 2.5, n = 5,
// t(0.975, 4) * sqrt(2.5/5) = 2.776445 * 0.707107.
TEST(replicates, the_interval_of_a_mean_of_symmetric_values_is_students) {
  const Estimate e = mean_of_replicates({1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(e.centre(), 3);
  EXPECT_NEAR(*e.hi - e.mean, 2.776445 * 0.707107, 1e-5);
  EXPECT_NEAR(e.mean - *e.lo, *e.hi - e.mean, 1e-9);
}

TEST(replicates, the_interval_of_a_mean_reaches_further_where_the_tail_is) {
  const Estimate e = mean_of_replicates({1, 1.1, 1.2, 1.3, 1.4, 9});
  EXPECT_GT(*e.hi - e.mean, 2 * (e.mean - *e.lo));
  const Estimate mirrored = mean_of_replicates({-1, -1.1, -1.2, -1.3, -1.4, -9});
  EXPECT_NEAR(*mirrored.lo, -*e.hi, 1e-9);
}

// Of n values the d-th least and greatest hold the median in 1 - 2 P(B(n, 1/2) < d): 93.75 % for
// n = 5 and d = 1, 97.85 % and 89.06 % for n = 10 and d = 2 and 3, between which 95 % lies.
TEST(replicates, the_interval_of_a_median_lies_between_order_statistics) {
  const Estimate five = median_of_replicates({5, 1, 4, 2, 30});
  EXPECT_EQ(five.centre(), 4);
  EXPECT_EQ(five.lo, 1);
  EXPECT_EQ(five.hi, 30);
  const Estimate ten = median_of_replicates({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(ten.centre(), 5.5);
  const double share = (0.978515625 - 0.95) / (0.978515625 - 0.890625);
  const double inward = 8 * share / (2 + 6 * share);
  EXPECT_NEAR(*ten.lo, 2 + inward, 1e-9);
  EXPECT_NEAR(*ten.hi, 9 - inward, 1e-9);
}

TEST(replicates, equal_pairs_leave_nothing_to_chance_and_are_never_significant) {
  const Values a{1, 5, 9, 2, 7};
  for (const Centre centre : {Centre::mean, Centre::median}) {
    const Estimate same = difference_of_replicates(a, a, centre);
    EXPECT_EQ(same.none, NoInterval::equal);
    EXPECT_FALSE(significant(same).has_value());
    EXPECT_FALSE(chance_of_difference(a, a, centre).has_value());
    EXPECT_FALSE(significant(difference_of_replicates({2, 6, 10, 3, 8}, a, centre)).has_value())
        << "a shift that is the same everywhere is exact, and no matter of chance";
    EXPECT_EQ(significant(difference_of_replicates({2, 6.1, 10, 3.2, 8}, a, centre)), true);
    EXPECT_EQ(significant(difference_of_replicates({2, 4, 10, 1, 9}, a, centre)), false);
  }
}

// 5 of 5 pairs above 0: 2 * 2^-5. 8 of 10 above, one equal: 2 P(B(10, 1/2) <= 2) = 112/1024.
TEST(replicates, the_chance_of_a_difference_of_medians_is_that_of_the_sign_test) {
  const Values zero(5, 0), zeros(10, 0);
  EXPECT_DOUBLE_EQ(*chance_of_difference({1, 2, 3, 4, 5}, zero, Centre::median), 0.0625);
  EXPECT_NEAR(*chance_of_difference({1, 2, 3, 4, 5, 6, 7, 8, 0, -1}, zeros, Centre::median),
              112.0 / 1024, 1e-12);
}

// t = 3 / (1.581139 / sqrt(5)) = 4.242641 with 4 degrees of freedom.
TEST(replicates, the_chance_of_a_difference_of_symmetric_means_is_that_of_the_t_test) {
  const Values zero(5, 0);
  const double p = *chance_of_difference({1, 2, 3, 4, 5}, zero, Centre::mean);
  EXPECT_NEAR(p, 0.0132, 0.0001);
  EXPECT_DOUBLE_EQ(*chance_of_difference(zero, {1, 2, 3, 4, 5}, Centre::mean), p);
}

/// In which share of samples the interval holds `truth`.
template <class Draw>
double covered(Draw draw, double truth, std::size_t size, Centre centre) {
  constexpr int kSamples = 10'000;
  int hits = 0;
  for (int i = 0; i < kSamples; ++i) {
    Values sample(size);
    for (double& v : sample) v = draw();
    const Estimate e = of_replicates(sample, centre);
    hits += e.lo && *e.lo <= truth && truth <= *e.hi;
  }
  return static_cast<double>(hits) / kSamples;
}

template <class Distribution>
void expect_coverage(Distribution distribution, double mean, double median, const char* name) {
  std::mt19937_64 random(20210324);
  const auto draw = [&] { return distribution(random); };
  for (const std::size_t size : {5u, 10u, 20u})
    for (const Centre centre : {Centre::mean, Centre::median}) {
      const double share = covered(draw, centre == Centre::mean ? mean : median, size, centre);
      EXPECT_GE(share, 0.92) << name << ", n = " << size << ", " << word(centre);
      EXPECT_LE(share, 0.97) << name << ", n = " << size << ", " << word(centre);
    }
}

// Means of replicates are skewed like these, or less: they are means of many operations, of which
// some few wait long.
TEST(replicates, intervals_hold_the_truth_as_often_as_they_say) {
  expect_coverage(std::normal_distribution<double>(5, 2), 5, 5, "normal");
  expect_coverage(std::exponential_distribution<double>(0.5), 2, 2 * std::log(2), "exponential");
  expect_coverage(std::gamma_distribution<double>(2, 1), 2, 1.678347, "gamma");
  expect_coverage(std::lognormal_distribution<double>(0, 0.5), std::exp(0.125), 1, "lognormal");
}

// Differences of pairs of such, where the true difference is 0.
TEST(replicates, pairs_that_are_alike_seldom_differ_significantly) {
  std::mt19937_64 random(11);
  std::exponential_distribution<double> wait(1);
  for (const Centre centre : {Centre::mean, Centre::median})
    for (const std::size_t size : {5u, 10u, 20u}) {
      const double share = covered([&] { return wait(random) - wait(random); }, 0, size, centre);
      EXPECT_GE(share, 0.92) << size << ", " << word(centre);
      EXPECT_LE(share, 0.975) << size << ", " << word(centre);
    }
}

/// Quantiles of replicates of a workload: 300 operations of about 13 us, of which between none and
/// eight meet hot-plug and wait for milliseconds. From which of both p99 is differs from replicate
/// to replicate.
struct Replicates {
  Values mean, p50, p99;
};

Replicates replicates_of_a_workload(int count) {
  std::mt19937_64 random(300);
  std::exponential_distribution<double> body(1.0 / 3000), wait(1.0 / 2e6);
  std::uniform_int_distribution<int> stalled(0, 8);
  Replicates out;
  for (int i = 0; i < count; ++i) {
    Histogram h;
    const int waits = stalled(random);
    for (int op = 0; op < 300; ++op)
      h.record(static_cast<std::int64_t>(10'000 + body(random) + (op < waits ? wait(random) : 0)));
    out.mean.push_back(static_cast<double>(h.mean()));
    out.p50.push_back(static_cast<double>(h.quantile(500)));
    out.p99.push_back(static_cast<double>(h.quantile(990)));
  }
  return out;
}

TEST(replicates, intervals_hold_the_quantiles_of_a_workload_that_hotplug_disturbs) {
  const Replicates all = replicates_of_a_workload(10'001);
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::size_t> which(0, all.mean.size() - 1);
  const auto check = [&](const Values& values, Centre centre, const char* name) {
    Values sorted = values;
    std::sort(sorted.begin(), sorted.end());
    double sum = 0;
    for (const double v : values) sum += v;
    const double truth = centre == Centre::mean ? sum / static_cast<double>(values.size())
                                                : sorted[sorted.size() / 2];
    for (const std::size_t size : {5u, 10u, 20u}) {
      const double share = covered([&] { return values[which(random)]; }, truth, size, centre);
      EXPECT_GE(share, 0.92) << name << ", n = " << size;
      EXPECT_LE(share, 0.97) << name << ", n = " << size;
    }
  };
  check(all.mean, Centre::mean, "mean");
  check(all.p50, Centre::median, "p50");
  check(all.p99, Centre::median, "p99");
}

// Values that lie in few steps are held more often, never less.
TEST(replicates, intervals_of_medians_of_stepped_values_hold_at_least_as_often) {
  std::mt19937_64 random(5);
  std::geometric_distribution<int> steps(0.35);  // median 1: P(0) = 0.35, P(0 or 1) = 0.58
  for (const std::size_t size : {5u, 10u, 20u}) {
    int hits = 0;
    for (int i = 0; i < 5000; ++i) {
      Values sample(size);
      for (double& v : sample) v = steps(random);
      const Estimate e = median_of_replicates(sample);
      hits += e.none == NoInterval::equal ? sample.front() == 1 : *e.lo <= 1 && 1 <= *e.hi;
    }
    EXPECT_GE(hits, 4600) << size;
  }
}

}  // namespace
}  // namespace mhp::analysis
