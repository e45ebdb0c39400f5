#include "sim/run/recording/buckets.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace mhp::run {
namespace {

constexpr SimTime kLength{10};

TEST(buckets, a_time_at_the_end_of_a_bucket_belongs_to_it) {
  Buckets b(1, 1, kLength, 4);
  EXPECT_EQ(b.end(), SimTime{10});
  b.close(std::array{1.0});
  EXPECT_EQ(b.end(), SimTime{20});
  EXPECT_EQ(b.ends(), std::vector{SimTime{10}});
}

TEST(buckets, a_bucket_keeps_the_last_value_and_the_extremes_with_that_at_its_beginning) {
  Buckets b(2, 1, kLength, 4);
  b.look(std::array{5.0});
  b.look(std::array{-1.0});
  b.close(std::array{3.0, 100.0});
  b.look(std::array{2.0});
  b.close(std::array{2.0, 101.0});
  EXPECT_EQ(b.last(0, 0), 3.0);
  EXPECT_EQ(b.last(0, 1), 100.0);
  EXPECT_EQ(b.least(0, 0), -1.0);
  EXPECT_EQ(b.most(0, 0), 5.0);
  EXPECT_EQ(b.most(1, 0), 3.0) << "what the first bucket left lasted into the second";
  EXPECT_EQ(b.least(1, 0), 2.0);
}

TEST(buckets, when_they_are_full_two_neighbours_become_one) {
  Buckets b(1, 1, kLength, 4);
  for (const double v : {1.0, 7.0, 2.0, 3.0}) b.close(std::array{v});
  EXPECT_EQ(b.length(), SimTime{20});
  EXPECT_EQ(b.end(), SimTime{60});
  EXPECT_EQ(b.ends(), (std::vector{SimTime{20}, SimTime{40}}));
  EXPECT_EQ(b.last(0, 0), 7.0);
  EXPECT_EQ(b.last(1, 0), 3.0);
  EXPECT_EQ(b.most(1, 0), 7.0) << "the third bucket began with what the second had left";
}

// One moment of 10^9, in a long time, is still there; and there are never more buckets than asked.
TEST(buckets, an_extreme_survives_any_length_of_time) {
  Buckets b(1, 1, SimTime{1}, 8);
  for (int i = 0; i < 220; ++i) {  // each four make a bucket twice as long: up to 2^55 ns, a year
    if (i == 47) b.look(std::array{1e9});
    b.close(std::array{0.0});
    ASSERT_LT(b.size(), 8U);
  }
  double most = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    most = std::max(most, b.most(i, 0));
    if (i > 0) {
      EXPECT_EQ(b.ends()[i] - b.ends()[i - 1], b.length());
    }
  }
  EXPECT_EQ(most, 1e9);
}

TEST(buckets, the_last_may_be_shorter) {
  Buckets b(1, 0, kLength, 4);
  b.close(std::array{1.0});
  b.close_at(SimTime{13}, std::array{2.0});
  EXPECT_EQ(b.ends(), (std::vector{SimTime{10}, SimTime{13}}));
}

}  // namespace
}  // namespace mhp::run
