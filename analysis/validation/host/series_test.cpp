// Quantiles, and what the model of a controller says of readers, where the answer is known.
#include "analysis/validation/host/series.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "analysis/validation/host/shared_bandwidth.hpp"

namespace mhp::host::series_test {
namespace {

TEST(quantile, lies_between_neighbours_in_proportion) {
  EXPECT_EQ(quantile({7}, 0.25), 7);
  EXPECT_EQ(quantile({4, 1, 3, 2, 5}, 0.25), 2);
  EXPECT_EQ(quantile({4, 1, 3, 2, 5}, 0.5), 3);
  EXPECT_EQ(quantile({0, 10}, 0.25), 2.5);
  EXPECT_EQ(quantile({3, 1, 2}, 0), 1);
  EXPECT_EQ(quantile({3, 1, 2}, 1), 3);
}

// What disturbs only makes longer: three repetitions of four may be disturbed by any amount.
TEST(series, is_worth_its_lower_quartile_and_spreads_up_to_the_median) {
  Series s{"s", "page", {10, 90, 10, 11, 50}};
  EXPECT_EQ(s.value(), 10);
  EXPECT_EQ(s.median(), 11);
  EXPECT_NEAR(s.spread(), 0.1, 1e-12);
  EXPECT_EQ(s.least(), 10);
}

TEST(read_ns, is_that_of_one_reader_where_there_is_plenty) {
  EXPECT_NEAR(read_ns({10, 4}, 20, 1), 20, 1e-9);
  EXPECT_NEAR(read_ns({1e6, 4}, 20, 4), 20, 1e-2);
}

// Four readers of 64 B / 2 ns each ask for 128 B/ns of 32: 64 * 4 / 32 = 8 ns at the least.
TEST(read_ns, is_a_fair_share_where_all_is_taken) {
  EXPECT_NEAR(read_ns({32, 0}, 2, 4), 8, 8 * 1e-6);
  EXPECT_GE(read_ns({32, 4}, 2, 4), 8 * (1 - 1e-9));
}

RC_GTEST_PROP(bandwidth_of, finds_the_bandwidth_that_slows_readers_down, ()) {
  const double alone = *rc::gen::inRange(10, 100) / 10.0;
  const auto readers = static_cast<std::int64_t>(*rc::gen::inRange(2, 100));
  const double all = static_cast<double>(readers) * 64 / alone;
  const Controller c{all * *rc::gen::inRange(20, 300) / 100.0, *rc::gen::inRange(0, 80) / 10.0};
  const double together = read_ns(c, alone, readers);
  RC_PRE(together > alone * 1.001);
  const double found = bandwidth_of(c.variability, alone, together, readers);
  RC_ASSERT(std::abs(read_ns({found, c.variability}, alone, readers) / together - 1) < 1e-6);
  RC_ASSERT(std::abs(found / c.bandwidth - 1) < 1e-3);
}

// Times made with known constants give them back.
RC_GTEST_PROP(fit_controller, gives_back_what_made_the_times, ()) {
  const double alone = *rc::gen::inRange(10, 60) / 10.0;
  const double all = 16 * 64 / alone;
  const Controller made{all * *rc::gen::inRange(50, 120) / 100.0, *rc::gen::inRange(5, 80) / 10.0};
  LoadTimes t;
  t.alone = alone;
  for (const std::int64_t readers : {2, 4, 8, 16})
    t.together.emplace_back(readers, read_ns(made, alone, readers));
  t.idle = 100;
  t.loaders = 15;
  t.loaded = loaded_ns(made, t.idle, alone, t.loaders);
  const Controller fitted = fit_controller(t);
  RC_ASSERT(std::abs(fitted.bandwidth / made.bandwidth - 1) < 0.01);
  RC_ASSERT(std::abs(fitted.variability - made.variability) < 0.05 * made.variability + 0.01);
}

}  // namespace
}  // namespace mhp::host::series_test
