#include "sim/engine/fingerprint.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace mhp::engine::fingerprint_test {
namespace {

Fingerprint of(std::initializer_list<std::int64_t> values) {
  Fingerprint f;
  for (const std::int64_t v : values) f.absorb(v);
  return f;
}

Fingerprint of_texts(std::initializer_list<std::string_view> texts) {
  Fingerprint f;
  for (const std::string_view t : texts) f.absorb(t);
  return f;
}

// mix(x) is SplitMix64's next() from state x, whose published first output from state 0 is
// 0xe220a8397b1dcdaf; absorbing 0 into an empty fingerprint is mix(mix(0)), so absorbing mix(0)
// itself is mix(0) again.
TEST(fingerprint, one_value_matches_splitmix64) {
  const auto first = static_cast<std::int64_t>(0xe220a8397b1dcdafU);
  EXPECT_EQ(of({first}).value(), 0xe220a8397b1dcdafU);
}

// Computed once with an independent implementation in Python; every compiler must give these.
TEST(fingerprint, golden_values_hold_on_every_compiler) {
  Fingerprint f;
  f.absorb(SimTime{1500}, "dimm0", "online", -16);
  f.absorb(SimTime{1501}, "node12.mutex", "lock", 0);
  EXPECT_EQ(f.value(), 0xd3003869bf913c7eU);
}

TEST(fingerprint, order_and_count_matter) {
  EXPECT_EQ(of({1, 2, 3}), of({1, 2, 3}));
  EXPECT_NE(of({1, 2, 3}), of({1, 3, 2}));
  EXPECT_NE(of({}), of({0}));
  EXPECT_NE(of({0}), of({0, 0}));
  EXPECT_NE(of({1}), of({-1}));
}

TEST(fingerprint, text_is_delimited) {
  EXPECT_NE(of_texts({"ab", "c"}), of_texts({"a", "bc"}));
  EXPECT_NE(of_texts({""}), of_texts({}));
  EXPECT_NE(of_texts({std::string_view("a\0", 2)}), of_texts({"a"}));
}

TEST(fingerprint, every_byte_of_a_text_counts) {
  const std::string text = "seventeen letters";  // two whole words and one byte
  ASSERT_EQ(text.size(), 17U);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = '#';
    EXPECT_NE(of_texts({text}), of_texts({other})) << i;
  }
}

}  // namespace
}  // namespace mhp::engine::fingerprint_test
