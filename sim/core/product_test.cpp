#include "sim/core/product.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mhp::product_test {
namespace {

RC_GTEST_PROP(product_up_to, is_the_product_or_the_most, (std::uint64_t a, std::uint64_t b)) {
  const auto most = *rc::gen::arbitrary<std::uint64_t>();
  __extension__ using Wide = unsigned __int128;
  const Wide exact = static_cast<Wide>(a) * b;
  RC_ASSERT(product_up_to(a, b, most) == static_cast<std::uint64_t>(std::min<Wide>(exact, most)));
}

TEST(product_up_to, ends_at_the_most_that_a_type_holds) {
  constexpr std::size_t kRoot = std::size_t{1} << 32;
  EXPECT_EQ(product_up_to(kRoot, kRoot), ~std::size_t{0});
  EXPECT_EQ(product_up_to(kRoot, kRoot - 1), kRoot * (kRoot - 1));
  EXPECT_EQ(product_up_to(~std::size_t{0}, std::size_t{0}), 0U);
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  EXPECT_EQ(product_up_to(std::int64_t{90708748928}, std::int64_t{280575806}, kMost), kMost);
}

TEST(sum_up_to, ends_at_the_most_that_a_type_holds) {
  EXPECT_EQ(sum_up_to(INT64_MAX - 1, std::int64_t{1}), INT64_MAX);
  EXPECT_EQ(sum_up_to(INT64_MAX - 1, std::int64_t{2}), INT64_MAX);
  EXPECT_EQ(sum_up_to(INT64_MAX, INT64_MAX), INT64_MAX);
  EXPECT_EQ(sum_up_to(std::int64_t{3}, std::int64_t{4}, std::int64_t{5}), 5);
}

}  // namespace
}  // namespace mhp::product_test
