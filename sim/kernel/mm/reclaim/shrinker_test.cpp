#include "sim/kernel/mm/reclaim/shrinker.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace mhp::kernel::shrinker_test {
namespace {

/// A cache that drops every second object that it looks at, and has a page to an object.
class Counted final : public Shrinker {
 public:
  explicit Counted(std::int64_t objects, std::int64_t seeks = 2)
      : objects_(objects), seeks_(seeks) {}
  std::int64_t count_objects(NodeId) const override { return objects_; }
  Scan scan_objects(NodeId, std::int64_t n, Receipt&) override {
    if (stops_) return {};
    calls.push_back(n);
    return {n, PageCount{n / 2}};
  }
  std::int64_t seeks() const override { return seeks_; }

  std::vector<std::int64_t> calls;
  std::int64_t objects_;
  std::int64_t seeks_;
  bool stops_ = false;
};

constexpr NodeId kNode{0};

class ShrinkersTest : public testing::Test {
 protected:
  Shrinkers::Result shrink(std::int64_t priority) {
    return shrinkers.shrink_slab(kNode, priority, receipt);
  }
  ReceiptBook book;
  Receipt receipt{book};
  Shrinkers shrinkers{100};
};

// 1,000,000 >> 10 = 976, times 4, by 2 seeks: 1952 objects, 15 batches of 128; 32 are put off.
TEST_F(ShrinkersTest, looks_at_a_share_by_priority_and_seeks_in_whole_batches) {
  Counted cache(1'000'000);
  shrinkers.add(cache);
  const auto done = shrink(10);
  EXPECT_EQ(done.scanned, 15 * 128);
  EXPECT_EQ(done.freed, PageCount{15 * 64});
  EXPECT_EQ(cache.calls, std::vector<std::int64_t>(15, 128));
  shrinkers.remove(cache);
  EXPECT_TRUE(shrinkers.empty());
}

// Four seeks: half of it. None: half of all objects, whatever the priority.
TEST_F(ShrinkersTest, what_is_dear_is_looked_at_less) {
  Counted dear(1'000'000, 4);
  shrinkers.add(dear);
  EXPECT_EQ(shrink(10).scanned, 976 / 128 * 128);
  shrinkers.remove(dear);
  Counted cheap(1'280, 0);
  shrinkers.add(cheap);
  EXPECT_EQ(shrink(12).scanned, 640);
  shrinkers.remove(cheap);
}

// 100 objects at priority 3 are 24 a call, less than a batch and than all: put off. What was put
// off counts by the priority of the next call: (24 * 7 >> 3) + 24 = 45 is still too little. At
// priority 0 it is 192 and 200 more, of which twice 100 may be looked at: one batch, as the 72 that
// are left are neither.
TEST_F(ShrinkersTest, what_is_too_little_for_a_batch_is_put_off) {
  Counted cache(100);
  shrinkers.add(cache);
  for (int call = 0; call < 8; ++call) EXPECT_EQ(shrink(3).scanned, 0) << call;
  EXPECT_EQ(shrink(0).scanned, 128);
  // Put off are 192 + 200 - 128, but no more than 200: (200 >> 4) + 12 is too little again.
  EXPECT_EQ(shrink(4).scanned, 0);
  // (200 >> 1) + 100: a batch.
  EXPECT_EQ(shrink(1).scanned, 128);
  shrinkers.remove(cache);
}

// 20 objects at priority 0: 40, all there is and more, is no batch but is looked at twice over.
TEST_F(ShrinkersTest, all_of_a_small_cache_is_looked_at_where_it_is_urgent) {
  Counted cache(20);
  shrinkers.add(cache);
  EXPECT_EQ(shrink(0).scanned, 40);
  shrinkers.remove(cache);
}

TEST_F(ShrinkersTest, a_cache_that_is_empty_or_stops_ends_the_call) {
  Counted cache(0);
  shrinkers.add(cache);
  EXPECT_EQ(shrink(0).scanned, 0);
  cache.objects_ = 1000;
  cache.stops_ = true;
  EXPECT_EQ(shrink(0).scanned, 0);
  cache.stops_ = false;
  EXPECT_EQ(shrink(0).scanned, 2000 / 128 * 128) << "what it would not do it does now";
  shrinkers.remove(cache);
}

TEST(Shrinkers, vfs_cache_pressure_weighs_what_dentries_and_inodes_count_for) {
  EXPECT_EQ(Shrinkers(100).vfs_pressure_ratio(12'345), 12'345);
  EXPECT_EQ(Shrinkers(50).vfs_pressure_ratio(12'345), 6'172);
  EXPECT_EQ(Shrinkers(200).vfs_pressure_ratio(12'345), 24'690);
  EXPECT_EQ(Shrinkers(0).vfs_pressure_ratio(12'345), 0);
}

}  // namespace
}  // namespace mhp::kernel::shrinker_test
