#include "sim/core/hash.hpp"

#include <gtest/gtest.h>

namespace mhp::hash_test {
namespace {

// Published vectors: isthe.com/chongo/src/fnv/test_fnv.c.
TEST(fnv1a64, agrees_with_the_published_vectors) {
  EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(fnv1a64("foobar"), 0x85944171f73967e8u);
}

// The first output of SplitMix64 with seed 0 is the finaliser of its increment.
TEST(mix64, agrees_with_the_first_output_of_splitmix64) {
  EXPECT_EQ(mix64(0x9e3779b97f4a7c15), 0xe220a8397b1dcdafu);
  EXPECT_EQ(mix64(0), 0u);
}

TEST(hash_combine, depends_on_the_order_of_the_words) {
  EXPECT_NE(hash_combine(hash_combine(0, 1), 2), hash_combine(hash_combine(0, 2), 1));
  EXPECT_NE(hash_combine(0, 0), hash_combine(hash_combine(0, 0), 0));
}

}  // namespace
}  // namespace mhp::hash_test
