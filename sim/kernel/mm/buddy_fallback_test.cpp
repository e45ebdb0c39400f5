// What an allocation takes when its migrate type has nothing free, under the rules of each kernel:
// against an oracle that looks at every page, and by hand.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "sim/kernel/arch/any_geometry.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/mm/buddy_oracle.hpp"

namespace mhp::kernel::buddy_fallback_test {
namespace {

const KernelProfile k612;
const KernelProfile k610{.fallback = Fallback::largest_block};
const KernelProfile k61{.free_lists_follow_pageblocks = false, .fallback = Fallback::largest_block};

constexpr std::int64_t pages(int order) { return std::int64_t{1} << order; }

/// Movable pages in use, one by one.
struct Movable final : PageUse {
  std::set<std::int64_t> pages;
  PageCount movable_in(PfnRange range) const override {
    return PageCount{
        std::distance(pages.lower_bound(range.start.value), pages.lower_bound(range.end.value))};
  }
};

struct Block {
  std::int64_t pfn;
  int order;
};

/// A buddy and its oracle, which must agree after every step.
class Pair {
 public:
  Pair(const KernelProfile& profile, std::int64_t chunks, const Geometry& geometry = {})
      : geometry_(geometry),
        buddy_(profile, geometry),
        oracle_(profile, &movable_.pages, geometry) {
    buddy_.connect(&movable_, nullptr);
    buddy_.append({Pfn{0}, Pfn{chunks * geometry.max_order_pages()}});
    oracle_.append(0, chunks * geometry.max_order_pages());
  }

  /// Several blocks under one lock, as a refill takes them; movable ones can be moved or not.
  void refill(int order, int type, int count, bool can_move) {
    auto mode = Buddy::Mode::normal;
    bool stealing = false;
    for (int i = 0; i < count; ++i) {
      const auto got = buddy_.allocate(order, static_cast<MigrateType>(type), mode);
      const auto want = oracle_.allocate(order, type, stealing);
      RC_ASSERT(got.has_value() == want.has_value());
      if (!got) return;
      RC_ASSERT(got->value == *want);
      held_.push_back({*want, order});
      for (std::int64_t p = *want; can_move && p < *want + pages(order); ++p)
        movable_.pages.insert(p);
    }
  }

  void free(std::size_t nth) {
    const Block b = held_[nth % held_.size()];
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(nth % held_.size()));
    for (std::int64_t p = b.pfn; p < b.pfn + pages(b.order); ++p) movable_.pages.erase(p);
    const int type = oracle_.type_of(b.pfn);
    RC_ASSERT(type == static_cast<int>(buddy_.pageblock_type(Pfn{b.pfn})));
    buddy_.free(Pfn{b.pfn}, b.order);
    oracle_.free(b.pfn, b.order, type);
  }

  void compare() {
    for (int o = 0; o <= geometry_.max_order(); ++o)
      for (int t = 0; t < kPcpTypes; ++t)
        RC_ASSERT(buddy_.free_blocks(o, static_cast<MigrateType>(t)) == oracle_.count(o, t));
    buddy_.validate();
  }

  bool holds() const { return !held_.empty(); }

 private:
  Geometry geometry_;
  Movable movable_;
  Buddy buddy_;
  BuddyOracle oracle_;
  std::vector<Block> held_;
};

/// A small zone under pressure from all types.
void sequence(const KernelProfile& profile) {
  const Geometry g = any_geometry();
  Pair pair(profile, *rc::gen::inRange<std::int64_t>(1, 4), g);
  const int steps = *rc::gen::inRange(1, 80);
  for (int i = 0; i < steps; ++i) {
    if (!pair.holds() || *rc::gen::inRange(0, 5) < 3) {
      const int order = std::min(
          *rc::gen::weightedElement<int>({{8, 0}, {2, 2}, {2, 5}, {1, 8}, {1, 9}}), g.max_order());
      const int type = *rc::gen::weightedElement<int>({{3, 0}, {4, 1}, {1, 2}});
      const int count = *rc::gen::inRange(1, order == 0 ? 400 : 20);
      pair.refill(order, type, count, type == 1 && *rc::gen::inRange(0, 4) > 0);
    } else {
      const int count = *rc::gen::inRange(1, 300);
      for (int n = 0; n < count && pair.holds(); ++n)
        pair.free(*rc::gen::inRange<std::size_t>(0, 100'000));
    }
    pair.compare();
  }
}

RC_GTEST_PROP(fallback, claims_then_steals_like_the_oracle, ()) { sequence(k612); }
RC_GTEST_PROP(fallback, takes_from_the_largest_block_like_the_oracle, ()) { sequence(k610); }
RC_GTEST_PROP(fallback, lets_free_pages_leave_their_pageblocks_like_the_oracle, ()) {
  sequence(k61);
}

/// A pageblock in which every `stride`-th page is free and the others are movable pages in use; the
/// other pageblock is taken.
struct Holes {
  Holes(const KernelProfile& profile, int stride) : buddy(profile) {
    buddy.connect(&movable, nullptr);
    buddy.append({Pfn{0}, Pfn{kMaxOrderPages}});
    for (std::int64_t p = 0; p < kMaxOrderPages; ++p)
      movable.pages.insert(buddy.allocate(0, MigrateType::movable)->value);
    for (std::int64_t p = 0; p < kPageblockPages; p += stride) {
      movable.pages.erase(p);
      buddy.free(Pfn{p}, 0);
    }
  }
  Movable movable;
  Buddy buddy;
};

// Half of the pageblock free: claimed. A third free, the rest movable: one page is stolen.
TEST(fallback, a_pageblock_is_claimed_if_half_of_it_is_free) {
  Holes half(k612, 2);
  ASSERT_TRUE(half.buddy.allocate(0, MigrateType::unmovable));
  EXPECT_EQ(half.buddy.pageblock_type(Pfn{0}), MigrateType::unmovable);
  EXPECT_EQ(half.buddy.free_blocks(0, MigrateType::unmovable), kPageblockPages / 2 - 1);
  Holes third(k612, 3);
  ASSERT_TRUE(third.buddy.allocate(0, MigrateType::unmovable));
  EXPECT_EQ(third.buddy.pageblock_type(Pfn{0}), MigrateType::movable);
  EXPECT_EQ(third.buddy.free_blocks(0, MigrateType::unmovable), 0);
}

// Counted whether or not it comes about, but not for whole pageblocks, nor where nothing is
// claimed.
TEST(fallback, a_claim_below_the_order_of_a_pageblock_is_counted) {
  for (const KernelProfile& profile : {k612, k61}) {
    for (const int stride : {2, 3}) {
      Holes holes(profile, stride);
      ASSERT_TRUE(holes.buddy.allocate(0, MigrateType::unmovable));
      EXPECT_EQ(holes.buddy.take_claims(), 1);
      EXPECT_EQ(holes.buddy.take_claims(), 0) << "since the last call";
    }
    Buddy whole(profile);
    whole.append({Pfn{0}, Pfn{kMaxOrderPages}});
    ASSERT_TRUE(whole.allocate(0, MigrateType::unmovable));
    EXPECT_EQ(whole.take_claims(), 0);
  }
  Holes third(k612, 3);
  auto mode = Buddy::Mode::steal;
  ASSERT_TRUE(third.buddy.allocate(0, MigrateType::unmovable, mode));
  EXPECT_EQ(third.buddy.take_claims(), 0);
}

// Before 6.10 the free pages of a pageblock that is not claimed go over all the same.
TEST(fallback, free_pages_may_change_lists_without_their_pageblock) {
  Holes third(k61, 3);
  const std::int64_t free = third.buddy.free_pages().value;
  ASSERT_TRUE(third.buddy.allocate(0, MigrateType::unmovable));
  EXPECT_EQ(third.buddy.pageblock_type(Pfn{0}), MigrateType::movable);
  EXPECT_EQ(third.buddy.free_blocks(0, MigrateType::unmovable), free - 1);
  EXPECT_EQ(third.buddy.free_blocks(0, MigrateType::movable), 0);
}

// Once a page was stolen, a pageblock that has become claimable is not looked at in the same run.
TEST(fallback, stealing_lasts_until_the_lock_is_dropped) {
  Holes third(k612, 3);
  auto mode = Buddy::Mode::normal;
  ASSERT_TRUE(third.buddy.allocate(0, MigrateType::unmovable, mode));
  EXPECT_EQ(mode, Buddy::Mode::steal);
  for (std::int64_t p = 1; p < kPageblockPages; p += 3) {
    third.movable.pages.erase(p);
    third.buddy.free(Pfn{p}, 0);
  }
  third.buddy.allocate(0, MigrateType::unmovable, mode);
  EXPECT_EQ(third.buddy.pageblock_type(Pfn{0}), MigrateType::movable);
  third.buddy.allocate(0, MigrateType::unmovable);
  EXPECT_EQ(third.buddy.pageblock_type(Pfn{0}), MigrateType::unmovable);
}

}  // namespace
}  // namespace mhp::kernel::buddy_fallback_test
