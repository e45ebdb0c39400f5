#include "sim/core/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace mhp::random_test {
namespace {

// Known answers of the Random123 distribution (tests/kat_vectors, philox4x32 with 10 rounds).
TEST(philox4x32_10, agrees_with_the_known_answers) {
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(
      philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
      (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(
      philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

std::vector<std::uint64_t> first_draws(Stream stream, int count) {
  std::vector<std::uint64_t> draws;
  for (int i = 0; i < count; ++i) draws.push_back(stream.next_u64());
  return draws;
}

TEST(stream, same_names_give_the_same_draws) {
  EXPECT_EQ(first_draws(Stream(1, 2, "dimm"), 9), first_draws(Stream(1, 2, "dimm"), 9));
}

TEST(stream, seed_replicate_and_component_each_change_every_draw) {
  std::set<std::uint64_t> all;
  for (const Stream& s : {Stream(1, 2, "dimm"), Stream(2, 2, "dimm"), Stream(1, 3, "dimm"),
                          Stream(2, 1, "dimm"), Stream(1, 2, "dimn")})
    for (const std::uint64_t draw : first_draws(s, 100)) all.insert(draw);
  EXPECT_EQ(all.size(), 500u);
}

// Computed by an independent implementation of the key's hash and of Philox. The draws are part of
// the results that studies publish: they must not change between versions.
TEST(stream, first_draws_are_pinned) {
  EXPECT_EQ(
      first_draws(Stream(0, 0, ""), 3),
      (std::vector<std::uint64_t>{0x93dd81b35e750ca5, 0x03dad073afe3becc, 0x07f2e1697b1ea6f4}));
  EXPECT_EQ(
      first_draws(Stream(42, 7, "workload.fio"), 3),
      (std::vector<std::uint64_t>{0x8bfc9eb0b0e142e0, 0x0c2da6ed01a947f8, 0xf2be93a85861e255}));
}

TEST(stream, counts_its_draws) {
  Stream stream(1, 1, "x");
  EXPECT_EQ(stream.draws(), 0u);
  stream.next_u64();
  stream.exponential(kSecond);
  EXPECT_EQ(stream.draws(), 2u);
}

TEST(uniform, stays_within_both_ends_and_reaches_them) {
  Stream stream(1, 1, "x");
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(stream.uniform(-2, 3));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-2, -1, 0, 1, 2, 3}));
}

TEST(uniform, a_range_of_one_needs_no_luck) {
  Stream stream(1, 1, "x");
  EXPECT_EQ(stream.uniform(5, 5), 5);
}

TEST(uniform, the_whole_range_is_the_plain_draw) {
  using Limits = std::numeric_limits<std::int64_t>;
  Stream stream(1, 1, "x");
  const std::uint64_t draw = first_draws(stream, 1).front();
  // lo + draw modulo 2^64, with lo = -2^63.
  EXPECT_EQ(static_cast<std::uint64_t>(stream.uniform(Limits::min(), Limits::max())),
            draw + (std::uint64_t{1} << 63));
}

TEST(uniform, draws_again_when_the_range_does_not_divide_2_to_the_64) {
  // Of 2^64 draws for a range of 3 * 2^62, the surplus is a quarter: 4/3 draws each, with a
  // standard deviation of 2/3: 1333 +- 4 * 21 for 1000.
  constexpr std::int64_t kHalf = std::int64_t{3} << 61;
  Stream stream(1, 1, "x");
  for (int i = 0; i < 1000; ++i) stream.uniform(-kHalf, kHalf - 1);
  EXPECT_NEAR(static_cast<double>(stream.draws()), 1333, 84);
  Stream even(1, 1, "x");
  for (int i = 0; i < 1000; ++i) even.uniform(0, (std::int64_t{1} << 62) - 1);
  EXPECT_EQ(even.draws(), 1000u);
}

TEST(uniform, six_faces_are_equally_frequent) {
  // Chi-square with 5 degrees of freedom exceeds 20.5 once in a thousand seeds.
  Stream stream(3, 0, "die");
  constexpr int kRolls = 60'000;
  std::array<int, 6> count{};
  for (int i = 0; i < kRolls; ++i) ++count[static_cast<std::size_t>(stream.uniform(0, 5))];
  double chi_square = 0;
  for (const int n : count) chi_square += (n - kRolls / 6.0) * (n - kRolls / 6.0) / (kRolls / 6.0);
  EXPECT_LT(chi_square, 20.5);
}

TEST(exponential, follows_the_logarithm_within_its_bound) {
  for (const std::int64_t mean :
       {std::int64_t{1'000}, std::int64_t{1'000'000'000}, (std::int64_t{1} << 57) - 1}) {
    Stream stream(5, 0, "x");
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t draw = first_draws(stream, 1).front();
      // -mean ln((draw + 1) / 2^64), in 64-bit mantissas.
      const long double u = (static_cast<long double>(draw) + 1) * std::exp2(-64.0L);
      const long double wanted = -static_cast<long double>(mean) * std::log(u);
      // The bound of the header, and what long double itself may lose.
      const long double bound =
          static_cast<long double>(mean) * std::exp2(-47.0L) + 0.5L + wanted * std::exp2(-62.0L);
      Stream copy = stream;
      EXPECT_LE(std::fabs(static_cast<long double>(copy.exponential(SimTime{mean}).value) - wanted),
                bound);
      stream.next_u64();
    }
  }
}

TEST(exponential, mean_and_variance_are_those_of_the_distribution) {
  // Mean m, variance m^2; the standard error over n is m / sqrt(n) and m^2 * sqrt(8 / n).
  constexpr int kDraws = 200'000;
  constexpr double kMean = 1e6;
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Stream stream(seed, 0, "arrivals");
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const auto t = static_cast<double>(stream.exponential(kMillisecond).value);
      sum += t;
      squares += t * t;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean, kMean, 4 * kMean / std::sqrt(kDraws));
    EXPECT_NEAR(squares / kDraws - mean * mean, kMean * kMean,
                4 * kMean * kMean * std::sqrt(8.0 / kDraws));
  }
}

TEST(exponential, a_larger_mean_scales_the_same_draw) {
  Stream a(1, 0, "x"), b(1, 0, "x");
  for (int i = 0; i < 100; ++i) {
    const std::int64_t once = a.exponential(kMillisecond).value;
    EXPECT_NEAR(static_cast<double>(b.exponential(kMillisecond * 10).value),
                static_cast<double>(once * 10), 6);
  }
  EXPECT_EQ(a.exponential(SimTime{0}), SimTime{0});
}

TEST(stream_death, refuses_empty_ranges_and_means_out_of_bounds) {
  Stream stream(1, 0, "x");
  EXPECT_EXIT(stream.uniform(1, 0), testing::ExitedWithCode(6), "empty range");
  EXPECT_EXIT(stream.exponential(SimTime{-1}), testing::ExitedWithCode(6), "mean");
  EXPECT_EXIT(stream.exponential(SimTime{std::int64_t{1} << 57}), testing::ExitedWithCode(6),
              "mean");
}

}  // namespace
}  // namespace mhp::random_test
