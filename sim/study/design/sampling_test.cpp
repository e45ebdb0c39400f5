#include "sim/study/design/sampling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace mhp::study::sampling_test {
namespace {

TEST(permuted, sends_every_number_to_another_place_of_the_same_range) {
  for (std::uint64_t size = 1; size <= 300; ++size) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < size; ++i) seen.insert(permuted(i, size, 7));
    EXPECT_EQ(seen.size(), size);
    EXPECT_EQ(*seen.rbegin(), size - 1);
  }
}

// A random permutation of 1000 has one fixed point on average and hardly ever more than 5.
TEST(permuted, mixes_and_depends_on_the_key) {
  std::size_t fixed = 0, same = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    fixed += permuted(i, 1000, 1) == i ? 1 : 0;
    same += permuted(i, 1000, 1) == permuted(i, 1000, 2) ? 1 : 0;
  }
  EXPECT_LE(fixed, 5u);
  EXPECT_LE(same, 5u);
}

// One point in each of n equal parts: floor(n * x) takes every value from 0 to n - 1 once.
TEST(latin_hypercube, has_one_point_in_each_part_of_each_axis) {
  for (const std::uint64_t n : {1u, 2u, 7u, 100u, 1000u})
    for (const char* axis : {"hotplug.0.size", "costs.block_device.cpu"}) {
      std::set<std::uint64_t> parts;
      for (std::uint64_t i = 0; i < n; ++i)
        parts.insert(static_cast<std::uint64_t>(
            (static_cast<unsigned __int128>(latin_hypercube(i, n, 3, axis)) * n) >> 64));
      EXPECT_EQ(parts.size(), n);
    }
}

// Two axes of 1000 points have a correlation of 0 with standard deviation 1 / sqrt(1000) = 0.032.
TEST(latin_hypercube, axes_are_independent) {
  double sum = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto centred = [&](const char* axis) {
      return static_cast<double>(latin_hypercube(i, 1000, 1, axis)) / 18446744073709551616.0 - 0.5;
    };
    sum += centred("a") * centred("b");
  }
  EXPECT_LT(std::abs(sum / 1000 * 12), 0.13) << "four standard deviations";
}

// The sequence in two dimensions: (1/2, 1/2), (3/4, 1/4), (1/4, 3/4), (3/8, 3/8), (7/8, 7/8).
TEST(sobol, begins_as_the_sequence_is_known_to) {
  const auto eighths = [](std::uint64_t i) {
    std::vector<std::uint64_t> out = sobol(i, 2);
    for (auto& x : out) x >>= 61;
    return out;
  };
  using P = std::vector<std::uint64_t>;
  EXPECT_EQ(eighths(0), (P{4, 4}));
  EXPECT_EQ(eighths(1), (P{6, 2}));
  EXPECT_EQ(eighths(2), (P{2, 6}));
  EXPECT_EQ(eighths(3), (P{3, 3}));
  EXPECT_EQ(eighths(4), (P{7, 7}));
}

// With the origin, 2^k points have one in each of 2^k equal parts of every axis.
TEST(sobol, covers_every_axis_evenly) {
  for (std::size_t d = 0; d < 6; ++d) {
    std::set<std::uint64_t> parts{0};
    for (std::uint64_t i = 0; i < 1023; ++i) parts.insert(sobol(i, 6)[d] >> 54);
    EXPECT_EQ(parts.size(), 1024u) << d;
  }
}

}  // namespace
}  // namespace mhp::study::sampling_test
