// The buddy against a naive oracle (plain lists of page frames, searched from end to end), and its
// laws by hand.
#include "sim/kernel/mm/buddy.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <list>
#include <map>

namespace mhp::kernel {
namespace {

constexpr std::int64_t pages(int order) { return std::int64_t{1} << order; }
constexpr PfnRange range(std::int64_t start, std::int64_t end) { return {Pfn{start}, Pfn{end}}; }

/// Free lists as the kernel's text describes them, without any index.
class Oracle {
 public:
  void append(std::int64_t start, std::int64_t end) {
    for (std::int64_t p = start; p < end; p += pages(kMaxOrder)) list(kMaxOrder, 1).push_back(p);
  }

  std::optional<std::int64_t> allocate(int order, int type) {
    for (int o = order; o <= kMaxOrder; ++o)
      if (!list(o, type).empty()) return split(take_head(o, type), o, order, type);
    static constexpr int kFallback[3][2] = {{2, 1}, {2, 0}, {0, 1}};
    for (int o = kMaxOrder; o >= order; --o) {
      for (const int other : kFallback[type]) {
        if (list(o, other).empty()) continue;
        const std::int64_t p = list(o, other).front();
        if (o >= kPageblockOrder) {
          take_head(o, other);
          for (std::int64_t b = p; b < p + pages(o); b += kPageblockPages)
            types_[b / kPageblockPages] = type;
          return split(p, o, order, type);
        }
        if ((o >= kPageblockOrder / 2 || type != 1) && claim(p, type)) return allocate(order, type);
        break;
      }
    }
    for (int o = order; o < kPageblockOrder; ++o)
      for (const int other : kFallback[type])
        if (!list(o, other).empty()) return split(take_head(o, other), o, order, other);
    return std::nullopt;
  }

  void free(std::int64_t p, int order) {
    const int type = type_of(p);
    for (; order < kMaxOrder && drop(p ^ pages(order), order); ++order) {
      types_[(p ^ pages(order)) / kPageblockPages] = type;
      p &= ~pages(order);
    }
    const std::int64_t up = p & ~pages(order);
    const bool tail = order < kMaxOrder - 1 && has(up ^ pages(order + 1), order + 1);
    tail ? list(order, type).push_back(p) : list(order, type).push_front(p);
  }

  std::int64_t count(int order, int type) {
    return static_cast<std::int64_t>(list(order, type).size());
  }

 private:
  std::list<std::int64_t>& list(int order, int type) { return lists_[order * 3 + type]; }
  int type_of(std::int64_t p) {
    return types_.contains(p / kPageblockPages) ? types_[p / kPageblockPages] : 1;
  }
  std::int64_t take_head(int order, int type) {
    const std::int64_t p = list(order, type).front();
    list(order, type).pop_front();
    return p;
  }
  std::int64_t split(std::int64_t p, int from, int to, int type) {
    while (from-- > to) list(from, type).push_front(p + pages(from));
    return p;
  }
  bool has(std::int64_t p, int order) {
    for (int t = 0; t < 3; ++t)
      if (std::find(list(order, t).begin(), list(order, t).end(), p) != list(order, t).end())
        return true;
    return false;
  }
  bool drop(std::int64_t p, int order) {
    for (int t = 0; t < 3; ++t) {
      const auto it = std::find(list(order, t).begin(), list(order, t).end(), p);
      if (it != list(order, t).end()) return list(order, t).erase(it), true;
    }
    return false;
  }
  bool claim(std::int64_t p, int type) {
    const std::int64_t start = p / kPageblockPages * kPageblockPages;
    std::vector<std::pair<std::int64_t, int>> inside;
    std::int64_t free = 0;
    for (int o = 0; o < kPageblockOrder; ++o)
      for (int t = 0; t < 3; ++t)
        for (const std::int64_t q : list(o, t))
          if (q >= start && q < start + kPageblockPages)
            inside.emplace_back(q, o), free += pages(o);
    if (free < kPageblockPages / 2) return false;
    types_[start / kPageblockPages] = type;
    std::sort(inside.begin(), inside.end());
    for (const auto& [q, o] : inside) drop(q, o);
    for (const auto& [q, o] : inside) list(o, type).push_back(q);
    return true;
  }

  std::map<int, std::list<std::int64_t>> lists_;
  std::map<std::int64_t, int> types_;
};

RC_GTEST_PROP(buddy, hands_out_and_merges_like_the_oracle, ()) {
  Buddy buddy;
  Oracle oracle;
  const std::int64_t start = 8 * pages(kMaxOrder);
  const std::int64_t end = start + *rc::gen::inRange<std::int64_t>(1, 7) * pages(kMaxOrder);
  buddy.append(range(start, end));
  oracle.append(start, end);
  std::vector<std::pair<std::int64_t, int>> held;
  const int steps = *rc::gen::inRange(1, 400);
  for (int i = 0; i < steps; ++i) {
    if (held.empty() || *rc::gen::inRange(0, 5) < 3) {
      const int order =
          *rc::gen::weightedElement<int>({{6, 0}, {2, 3}, {1, 5}, {1, 8}, {2, 9}, {1, 10}});
      const int type = *rc::gen::weightedElement<int>({{3, 0}, {4, 1}, {1, 2}});
      const auto got = buddy.allocate(order, static_cast<MigrateType>(type));
      const auto want = oracle.allocate(order, type);
      RC_ASSERT(got.has_value() == want.has_value());
      if (!got) continue;
      RC_ASSERT(got->value == *want);
      held.emplace_back(got->value, order);
    } else {
      const auto pick = held.begin() + *rc::gen::inRange<std::ptrdiff_t>(
                                           0, static_cast<std::ptrdiff_t>(held.size()));
      buddy.free(Pfn{pick->first}, pick->second);
      oracle.free(pick->first, pick->second);
      held.erase(pick);
    }
    for (int o = 0; o <= kMaxOrder; ++o)
      for (int t = 0; t < kMigrateTypes; ++t)
        RC_ASSERT(buddy.free_blocks(o, static_cast<MigrateType>(t)) == oracle.count(o, t));
  }
  buddy.validate();
  for (const auto& [p, order] : held) buddy.free(Pfn{p}, order);
  RC_ASSERT(buddy.free_blocks(kMaxOrder) * pages(kMaxOrder) == end - start);
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

}  // namespace
}  // namespace mhp::kernel
