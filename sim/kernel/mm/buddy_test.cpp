// The buddy against a naive oracle, and its laws by hand.
#include "sim/kernel/mm/buddy.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/kernel/arch/any_geometry.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/buddy_oracle.hpp"

namespace mhp::kernel::buddy_test {
namespace {

constexpr PfnRange range(std::int64_t start, std::int64_t end) { return {Pfn{start}, Pfn{end}}; }

RC_GTEST_PROP(buddy, hands_out_and_merges_like_the_oracle, ()) {
  const Geometry g = any_geometry();
  Buddy buddy({}, g);
  BuddyOracle oracle({}, nullptr, g);
  const std::int64_t start = 8 * g.max_order_pages();
  const std::int64_t end = start + *rc::gen::inRange<std::int64_t>(1, 7) * g.max_order_pages();
  buddy.append(range(start, end));
  oracle.append(start, end);
  std::vector<std::pair<std::int64_t, int>> held;
  const int steps = *rc::gen::inRange(1, 400);
  for (int i = 0; i < steps; ++i) {
    if (held.empty() || *rc::gen::inRange(0, 5) < 3) {
      const int order = std::min(
          *rc::gen::weightedElement<int>({{6, 0}, {2, 3}, {1, 5}, {1, 8}, {2, 9}, {1, 12}}),
          g.max_order());
      const int type = *rc::gen::weightedElement<int>({{3, 0}, {4, 1}, {1, 2}});
      const auto got = buddy.allocate(order, static_cast<MigrateType>(type));
      bool stealing = false;
      const auto want = oracle.allocate(order, type, stealing);
      RC_ASSERT(got.has_value() == want.has_value());
      if (!got) continue;
      RC_ASSERT(got->value == *want);
      held.emplace_back(got->value, order);
    } else {
      const auto pick = held.begin() + *rc::gen::inRange<std::ptrdiff_t>(
                                           0, static_cast<std::ptrdiff_t>(held.size()));
      buddy.free(Pfn{pick->first}, pick->second);
      oracle.free(pick->first, pick->second, oracle.type_of(pick->first));
      held.erase(pick);
    }
    for (int o = 0; o <= g.max_order(); ++o)
      for (int t = 0; t < kPcpTypes; ++t)
        RC_ASSERT(buddy.free_blocks(o, static_cast<MigrateType>(t)) == oracle.count(o, t));
  }
  buddy.validate();
  for (const auto& [p, order] : held) buddy.free(Pfn{p}, order);
  RC_ASSERT(buddy.free_blocks(g.max_order()) * g.max_order_pages() == end - start);
  buddy.validate();
}

// What pageblocks have counted says the same of a range as a walk over its page frames.
RC_GTEST_PROP(buddy, counts_what_a_walk_over_page_frames_counts, ()) {
  const Geometry g = any_geometry();
  Buddy buddy({}, g);
  const std::int64_t start = 8 * g.max_order_pages();
  const std::int64_t end = start + *rc::gen::inRange<std::int64_t>(1, 5) * g.max_order_pages();
  const auto inside = [&] { return *rc::gen::inRange<std::int64_t>(start, end + 1); };
  buddy.append(range(start, end));
  std::vector<bool> free(static_cast<std::size_t>(end - start), true);
  const auto set = [&](std::int64_t from, std::int64_t to, bool value) {
    std::fill(free.begin() + (from - start), free.begin() + (to - start), value);
  };
  std::vector<std::pair<std::int64_t, int>> held;
  const int steps = *rc::gen::inRange(1, 120);
  for (int i = 0; i < steps; ++i) {
    const std::int64_t a = inside();
    const std::int64_t b = inside();
    const std::int64_t from = std::min(a, b);
    const std::int64_t to = std::max(a, b);
    const auto plain = std::count(free.begin() + (from - start), free.begin() + (to - start), true);
    RC_ASSERT(buddy.free_in(range(from, to)).value == plain);
    RC_ASSERT(buddy.all_free_in(range(from, to)) == (plain == to - from));
    const int what = *rc::gen::weightedElement<int>({{6, 0}, {4, 1}, {1, 2}});
    if (what == 0) {
      const int order = *rc::gen::inRange(0, g.max_order() + 1);
      const auto got = buddy.allocate(order, MigrateType::movable);
      if (!got) continue;
      held.emplace_back(got->value, order);
      set(got->value, got->value + (std::int64_t{1} << order), false);
    } else if (what == 1 && !held.empty()) {
      const auto [pfn, order] = held.back();
      held.pop_back();
      buddy.free(Pfn{pfn}, order);
      set(pfn, pfn + (std::int64_t{1} << order), true);
    } else if (what == 2) {
      const IntervalSet taken = buddy.take_range(range(from, to));
      RC_ASSERT(taken.total() == plain);
      set(from, to, false);
    }
  }
  buddy.validate();
}

TEST(buddy, a_range_of_no_pages_takes_none_and_splits_no_block) {
  Buddy buddy;
  buddy.append(range(0, 4096));
  const std::int64_t blocks = buddy.free_blocks(kMaxOrder);
  EXPECT_EQ(buddy.take_range(range(1027, 1027)).total(), 0);
  EXPECT_EQ(buddy.free_blocks(kMaxOrder), blocks);
  buddy.validate();
}

TEST(buddy, a_fresh_zone_is_handed_out_in_ascending_pages) {
  Buddy buddy;
  buddy.append(range(0, 4096));
  for (std::int64_t p = 0; p < 3000; ++p)
    ASSERT_EQ(buddy.allocate(0, MigrateType::movable)->value, p);
}

TEST(buddy, two_order_9_requests_use_up_one_block_of_the_largest_order) {
  Buddy buddy;
  buddy.append(range(0, 4096));
  EXPECT_EQ(buddy.allocate(9, MigrateType::unmovable)->value, 0);
  EXPECT_EQ(buddy.pageblocks_in(range(0, 4096), MigrateType::unmovable), 2)
      << "both pageblocks change owner";
  EXPECT_EQ(buddy.free_blocks(9, MigrateType::unmovable), 1);
  EXPECT_EQ(buddy.allocate(9, MigrateType::unmovable)->value, 512);
  EXPECT_EQ(buddy.free_blocks(kMaxOrder), 3);
}

TEST(buddy, a_range_with_a_hole_at_its_head_gives_one_smaller_block) {
  Buddy buddy;
  buddy.append(range(512, 32768));  // a block of 128 MiB without its 512 memmap pages
  EXPECT_EQ(buddy.free_blocks(9), 1);
  EXPECT_EQ(buddy.free_blocks(kMaxOrder), 31);
  EXPECT_EQ(buddy.free_pages().value, 32256);
  buddy.validate();
}

TEST(buddy, blocks_appended_one_after_the_other_are_one_run_in_the_order_of_onlining) {
  Buddy buddy;
  buddy.append(range(65536, 98304));
  buddy.append(range(0, 32768));
  EXPECT_EQ(buddy.allocate(kMaxOrder, MigrateType::movable)->value, 65536);
  EXPECT_EQ(buddy.free_pages().value, 2 * 32768 - 1024);
}

TEST(buddy, taking_a_range_leaves_what_lies_outside_it) {
  Buddy buddy;
  buddy.append(range(0, 8192));
  buddy.take_range(range(1536, 5000));
  EXPECT_EQ(buddy.free_pages().value, 8192 - (5000 - 1536));
  EXPECT_EQ(buddy.free_in(range(1536, 5000)).value, 0);
  EXPECT_EQ(buddy.free_in(range(1535, 5001)).value, 2);
  buddy.validate();
}

TEST(buddy, pageblocks_follow_a_change_of_type) {
  Buddy buddy;
  buddy.append(range(0, 1024));
  buddy.allocate(0, MigrateType::movable);
  buddy.set_pageblock_type(range(512, 1024), MigrateType::unmovable);
  EXPECT_EQ(buddy.free_blocks(9, MigrateType::unmovable), 1);
  EXPECT_EQ(buddy.pageblock_type(Pfn{511}), MigrateType::movable);
  EXPECT_EQ(buddy.pageblock_type(Pfn{512}), MigrateType::unmovable);
  buddy.validate();
}

// What CMA has is for pages that can be migrated, and for them first while it has more than half of
// what is free.
TEST(buddy, the_kernel_gets_no_page_of_cma) {
  Buddy buddy;
  buddy.append(range(0, 3 * kMaxOrderPages));
  buddy.append(range(3 * kMaxOrderPages, 4 * kMaxOrderPages), MigrateType::cma);
  EXPECT_EQ(buddy.free_cma_pages(), PageCount{kMaxOrderPages});
  for (int n = 0; n < 3; ++n)
    EXPECT_LT(buddy.allocate(kMaxOrder, MigrateType::unmovable)->value, 3 * kMaxOrderPages);
  EXPECT_FALSE(buddy.allocate(0, MigrateType::unmovable));
  EXPECT_FALSE(buddy.has_block(0, MigrateType::unmovable));
  EXPECT_TRUE(buddy.has_block(0, MigrateType::movable));
  EXPECT_EQ(buddy.allocate(0, MigrateType::movable)->value, 3 * kMaxOrderPages);
  buddy.validate();
}

TEST(buddy, cma_keeps_to_itself_when_blocks_merge) {
  Buddy buddy;
  buddy.append(range(0, kPageblockPages));
  buddy.append(range(kPageblockPages, 2 * kPageblockPages), MigrateType::cma);
  const Pfn first = *buddy.allocate(kPageblockOrder, MigrateType::unmovable);
  buddy.free(first, kPageblockOrder);
  EXPECT_EQ(buddy.free_blocks(kPageblockOrder), 2) << "no block has pages of both";
  EXPECT_EQ(buddy.free_cma_pages(), PageCount{kPageblockPages});
  buddy.validate();
}

// Compaction is done when a block is on a list that the request takes from: its own, for movable
// pages CMA's, or another's if it is large enough to be claimed with its pageblock (order 4 for
// movable pages, any for others).
TEST(buddy, a_request_is_met_by_what_it_would_take) {
  Buddy buddy;
  buddy.append(range(0, kPageblockPages), MigrateType::unmovable);
  for (int i = 0; i < 31; ++i) buddy.allocate(4, MigrateType::unmovable);
  EXPECT_EQ(buddy.free_blocks(4, MigrateType::unmovable), 1);
  EXPECT_TRUE(buddy.meets(4, MigrateType::movable));
  EXPECT_FALSE(buddy.meets(5, MigrateType::movable));
  buddy.allocate(3, MigrateType::unmovable);
  EXPECT_TRUE(buddy.meets(3, MigrateType::unmovable));
  EXPECT_TRUE(buddy.meets(3, MigrateType::reclaimable));
  EXPECT_FALSE(buddy.meets(3, MigrateType::movable)) << "too small to be claimed";
  buddy.append(range(kPageblockPages, 2 * kPageblockPages), MigrateType::cma);
  EXPECT_TRUE(buddy.meets(9, MigrateType::movable));
  EXPECT_FALSE(buddy.meets(9, MigrateType::unmovable)) << "CMA is not for it";
}

}  // namespace
}  // namespace mhp::kernel::buddy_test
