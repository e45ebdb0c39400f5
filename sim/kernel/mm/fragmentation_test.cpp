// The indices of extfrag against their definitions.
#include "sim/kernel/mm/fragmentation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::kernel::fragmentation_test {
namespace {

// 1000 single pages: for order 9, 1000 - (1000 + 1000 * 1000 / 512) / 1000.
TEST(fragmentation_index, is_high_where_what_is_free_lies_apart) {
  FreeBlocks free{};
  EXPECT_EQ(fragmentation_index(free, 9), 0) << "nothing is free at all";
  free[0] = 1000;
  EXPECT_EQ(fragmentation_index(free, 9), 1000 - (1000 + 1000 * 1000 / 512) / 1000);
  EXPECT_EQ(fragmentation_index(free, 0), -1000) << "would succeed";
  free[10] = 1;
  EXPECT_EQ(fragmentation_index(free, 9), -1000);
}

// Every order's share: pages in blocks that are too small, of all free pages.
RC_GTEST_PROP(unusable_free_index, is_the_share_in_smaller_blocks, ()) {
  FreeBlocks free{};
  for (auto& blocks : free) blocks = *rc::gen::inRange<std::int64_t>(0, 50);
  std::int64_t all = 0;
  for (int o = 0; o < Geometry::kMostOrders; ++o) all += free[static_cast<std::size_t>(o)] << o;
  std::int64_t smaller = 0;
  for (int o = 0; o < Geometry::kMostOrders; ++o) {
    const std::int64_t index = unusable_free_index(free, o);
    RC_ASSERT(index == (all == 0 ? 1000 : smaller * 1000 / all));
    smaller += free[static_cast<std::size_t>(o)] << o;
  }
  if (all > 0) RC_ASSERT(unusable_free_index(free, 0) == 0);
}

}  // namespace
}  // namespace mhp::kernel::fragmentation_test
