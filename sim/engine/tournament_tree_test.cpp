#include "sim/engine/tournament_tree.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mhp::engine::tournament_tree_test {
namespace {

TEST(tournament_tree, an_empty_tree_says_never) {
  TournamentTree tree;
  EXPECT_EQ(tree.next_time(), TournamentTree::kNever);
  tree.reserve(4);
  EXPECT_EQ(tree.next_time(), TournamentTree::kNever);
}

// Every capacity up to six levels, filled to the last slot: times 0, 7, 14, ... modulo a prime.
TEST(tournament_tree, leaves_in_order_of_time_at_every_capacity) {
  for (std::uint32_t capacity = 4; capacity <= 4096; capacity *= 2) {
    TournamentTree tree;
    tree.reserve(capacity);
    for (std::uint32_t slot = 0; slot < capacity; ++slot)
      tree.insert(slot, SimTime{static_cast<std::int64_t>(slot) * 7 % 4099});
    ASSERT_TRUE(tree.consistent());
    std::uint64_t last = 0;
    for (std::uint32_t i = 0; i < capacity; ++i) {
      const std::uint64_t time = tree.next_time();
      ASSERT_GE(time, last);
      last = time;
      ASSERT_EQ(tree.pop() * std::uint64_t{7} % 4099, time);
    }
    EXPECT_EQ(tree.next_time(), TournamentTree::kNever) << capacity;
    EXPECT_TRUE(tree.consistent());
  }
}

TEST(tournament_tree, growth_keeps_what_is_queued) {
  TournamentTree tree;
  std::uint32_t slot = 0;
  for (std::uint32_t capacity = 4; capacity <= 1024; capacity *= 2) {
    tree.reserve(capacity);
    ASSERT_TRUE(tree.consistent()) << capacity;
    for (; slot < capacity; ++slot) tree.insert(slot, SimTime{2000 - slot});
  }
  for (; slot > 0; --slot) {
    ASSERT_EQ(tree.next_time(), 2000 - (slot - 1));
    ASSERT_EQ(tree.pop(), slot - 1);
  }
}

TEST(tournament_tree, growth_while_a_popped_leaf_is_open_does_not_revive_it) {
  TournamentTree tree;
  tree.reserve(4);
  tree.insert(0, SimTime{1});
  tree.insert(1, SimTime{2});
  ASSERT_EQ(tree.next_time(), 1U);
  ASSERT_EQ(tree.pop(), 0U);
  tree.reserve(8);
  EXPECT_EQ(tree.next_time(), 2U);
  EXPECT_EQ(tree.pop(), 1U);
  EXPECT_EQ(tree.next_time(), TournamentTree::kNever);
}

TEST(tournament_tree, erasing_the_next_reveals_the_one_after) {
  TournamentTree tree;
  tree.reserve(4);
  for (std::uint32_t slot = 0; slot < 3; ++slot) tree.insert(slot, SimTime{slot});
  tree.erase(0);
  EXPECT_EQ(tree.next_time(), 1U);
  tree.erase(1);
  tree.erase(2);
  EXPECT_EQ(tree.next_time(), TournamentTree::kNever);
}

TEST(tournament_tree, a_popped_leaf_may_be_refilled_or_another_slot_used) {
  TournamentTree tree;
  tree.reserve(4);
  tree.insert(0, SimTime{1});
  ASSERT_EQ(tree.next_time(), 1U);
  ASSERT_EQ(tree.pop(), 0U);
  tree.insert(0, SimTime{3});  // the same leaf, one walk
  tree.insert(1, SimTime{4});
  ASSERT_EQ(tree.next_time(), 3U);
  ASSERT_EQ(tree.pop(), 0U);
  tree.insert(2, SimTime{9});  // another leaf while leaf 0 is open
  ASSERT_EQ(tree.next_time(), 4U);
  ASSERT_EQ(tree.pop(), 1U);
  ASSERT_EQ(tree.next_time(), 9U);
  EXPECT_TRUE(tree.consistent());
}

using TournamentTreeDeathTest = testing::Test;

TEST(TournamentTreeDeathTest, more_slots_than_a_key_can_name_end_the_program) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  TournamentTree tree;
  EXPECT_EXIT(tree.reserve(TournamentTree::kMaxSlots * 2), testing::ExitedWithCode(6), "at most");
}

}  // namespace
}  // namespace mhp::engine::tournament_tree_test
