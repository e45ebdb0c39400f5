// Per-CPU page lists against a naive oracle on random sequences of several CPUs, and their limits
// in closed form.
#include "sim/kernel/mm/per_cpu_pages.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel::per_cpu_pages_test {
namespace {

constexpr std::int64_t pages(int order) { return std::int64_t{1} << order; }

/// One CPU's lists as the laws of the captures put them (captures/README.md, "Per-CPU lists"):
/// deques by order and type, and how many pages move at a time.
class PcpOracle {
 public:
  PcpOracle(Buddy& buddy, PcpLimits limits)
      : buddy_(buddy),
        l_(limits),
        tuned_(buddy.profile().pcp_high == PcpHigh::auto_tuned),
        single_(buddy.profile().pcp_high == PcpHigh::six_batches),
        turns_(buddy.profile().pcp_drain == PcpDrain::in_turns),
        apart_(buddy.profile().pcp_pageblocks_by_mobility) {}

  std::optional<Pfn> allocate(int order, MigrateType type) {
    drained_ /= 2;
    freed_ /= 2;
    auto& list = lists_[key(order, type)];
    if (list.empty()) {
      auto mode = Buddy::Mode::normal;
      std::int64_t n = tuned_ ? tuned_refill(order) : l_.batch;
      if (n > 1) n = std::max<std::int64_t>(n / pages(order), 2);
      for (; n > 0; --n) {
        const auto p = buddy_.allocate(order, type, mode);
        if (!p) break;
        list.push_back(*p);
      }
    }
    if (list.empty()) return std::nullopt;
    const Pfn p = list.front();
    list.pop_front();
    return p;
  }

  void free(Pfn p, int order) {
    doublings_ /= 2;
    const auto first = key(order, buddy_.pageblock_type(p));
    lists_[first].push_front(p);
    const bool small = order > 0 && order <= 3;
    const bool many = tuned_ ? small && was_small_ && freed_ >= l_.batch && count() >= l_.batch
                             : small && drained_ > 0 && !turns_;
    was_small_ = small;
    if (freed_ < 32 * l_.batch) freed_ += pages(order);
    give_back(tuned_ ? tuned_drain(many) : fixed_drain(many), first);
  }

  void drain() { give_back(count(), 0); }

  std::int64_t count() const {
    std::int64_t n = 0;
    for (const auto& [k, list] : lists_) n += static_cast<std::int64_t>(list.size()) * pages(k / 3);
    return n;
  }
  std::int64_t high() const { return tuned_ ? high_ : l_.high_min; }

 private:
  /// Movable pageblocks have the last place, all others the one before, where they are apart.
  int key(int order, MigrateType type) const {
    if (order < 9) return order * 3 + static_cast<int>(type);
    return 9 * 3 + (apart_ && type == MigrateType::movable ? 1 : 0);
  }
  std::int64_t tuned_refill(int order) {
    high_ = std::min(std::max(high_, l_.high_min), l_.high_max);
    if (high_ < l_.batch) return 1;
    const std::int64_t n = order ? l_.batch : l_.batch * pages(doublings_);
    if (l_.high_min != l_.high_max) high_ = std::min(high_ + n, l_.high_max);
    if (order) return n;
    const std::int64_t most = std::max(high_ - count() - l_.batch, l_.batch);
    if (n <= most && doublings_ < 5) ++doublings_;
    return std::min(n, most);
  }
  std::int64_t tuned_drain(bool many) {
    high_ = std::min(std::max(high_, l_.high_min), l_.high_max);
    const std::int64_t high = high_;
    if (many && high > 0) {
      high_ = std::max(high - 32 * l_.batch, l_.high_min);
      return std::min(count(), 32 * l_.batch);
    }
    if (high > 0 && l_.high_min != l_.high_max && count() >= high && high < freed_ + l_.batch)
      high_ = std::min(std::max(freed_ + l_.batch, l_.high_min), l_.high_max);
    if (count() < high) return 0;
    if (high < l_.batch) return 1;
    return std::min(std::max(freed_, l_.batch), high - l_.batch);
  }
  std::int64_t fixed_drain(bool many) {
    if (many) return count();
    if (count() < l_.high_min) return 0;
    if (single_) return l_.batch;
    if (l_.high_min < l_.batch) return 1;
    const std::int64_t n = l_.batch * pages(drained_);
    const std::int64_t most = l_.high_min - l_.batch;
    if (n < most && (turns_ || drained_ < 5)) ++drained_;
    return std::min(std::max(n, l_.batch), most);
  }
  void pop(int k) {
    const bool by_list = !buddy_.lists_follow_pageblocks() && k < 27;
    const Pfn p = lists_[k].back();
    lists_[k].pop_back();
    buddy_.free(p, k / 3, by_list ? static_cast<MigrateType>(k % 3) : buddy_.pageblock_type(p));
  }
  /// From the second list on, each in turn; an empty one leaves its block to the next.
  void give_back_in_turns(std::int64_t n) {
    n = std::min(n, count());
    const std::size_t lists = single_ ? 3 : 15;
    std::vector<int> ring;
    for (int k = 0; k < 12; ++k) ring.push_back(k);
    for (int k = 27; k < 30; ++k) ring.push_back(k);
    std::int64_t turn = 0;
    for (std::size_t i = 1; n > 0; ++i) {
      const int k = ring[i % lists];
      ++turn;
      if (lists_[k].empty()) continue;
      if (turn == static_cast<std::int64_t>(lists)) turn = n;
      while (n > 0 && !lists_[k].empty()) {
        pop(k);
        n -= pages(k / 3);
        if (--turn == 0) break;
      }
    }
  }
  void give_back(std::int64_t n, int first) {
    if (turns_) return give_back_in_turns(n);
    for (int k = first; n > 0 && count() > 0; k = (k + 1) % 29) {
      while (n > 0 && !lists_[k].empty()) {
        pop(k);
        n -= pages(k / 3);
      }
    }
  }

  Buddy& buddy_;
  PcpLimits l_;
  bool tuned_;
  bool single_;
  bool turns_;
  bool apart_;
  std::map<int, std::deque<Pfn>> lists_;
  std::int64_t high_ = 0;
  std::int64_t freed_ = 0;
  int drained_ = 0;
  int doublings_ = 0;
  bool was_small_ = false;
};

/// The single pages of one pageblock with which a list ends, from its end on.
PageRun run_at_end(const std::vector<std::pair<Pfn, int>>& held) {
  PageRun run(held.back().first);
  for (std::size_t i = held.size() - 1; i > 0 && held[i - 1].second == 0; --i) {
    const Pfn next = held[i - 1].first;
    if (next.value / kPageblockPages != run.first.value / kPageblockPages) break;
    if (!run.join(PageRun(next))) break;
  }
  return run;
}

/// Several CPUs allocate, free and drain; lists, frames and the buddies behind them must stay
/// equal.
void sequence(const KernelProfile& profile) {
  constexpr int kCpus = 3;
  Buddy buddy(profile);
  Buddy other(profile);
  const std::int64_t all = *rc::gen::inRange<std::int64_t>(4, 40) * kMaxOrderPages;
  buddy.append({Pfn{0}, Pfn{all}});
  other.append({Pfn{0}, Pfn{all}});
  const bool single = profile.pcp_high == PcpHigh::six_batches;
  const PageCount managed{*rc::gen::inRange<std::int64_t>(1, 300'000)};
  const auto fraction = *rc::gen::element<std::int64_t>(0, 0, 8);
  const PcpLimits limits =
      single ? pcp_limits_of_single_pages(managed, fraction)
             : pcp_limits(managed, PageCount{*rc::gen::inRange<std::int64_t>(0, 30'000)},
                          *rc::gen::inRange<std::int64_t>(1, 5), fraction);
  const PcpZone zone{buddy, limits};
  std::vector<PerCpuPages> lists;
  std::vector<PcpOracle> oracles;
  for (int c = 0; c < kCpus; ++c) {
    lists.emplace_back(CpuId{c});
    oracles.emplace_back(other, limits);
  }
  std::vector<std::pair<Pfn, int>> held;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const auto c = *rc::gen::inRange<std::size_t>(0, kCpus);
    const int what = *rc::gen::inRange(0, 10);
    const int order = single ? 0 : *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 3}, {2, 9}});
    const auto type = static_cast<MigrateType>(*rc::gen::inRange(0, kPcpTypes));
    const int times = *rc::gen::inRange(1, 300);
    const bool by_runs = *rc::gen::arbitrary<bool>();
    for (int n = 0; what < 5 && n < times; ++n) {
      if (by_runs && order == 0) {
        const PageRun run = lists[c].take_listed(type, times - n);
        for (std::int64_t p = 0; p < run.pages; ++p) {
          RC_ASSERT(run.at(p) == oracles[c].allocate(0, type));
          held.emplace_back(run.at(p), 0);
        }
        n += run.pages;
        if (n >= times) break;
      }
      const auto got = lists[c].allocate(order, type, zone);
      RC_ASSERT(got == oracles[c].allocate(order, type));
      if (!got) break;
      held.emplace_back(*got, order);
    }
    for (int n = 0; what >= 5 && what < 9 && n < times && !held.empty(); ++n) {
      if (by_runs && held.back().second == 0) {
        const PageRun run = run_at_end(held);
        const MigrateType of = buddy.pageblock_type(run.first);
        const std::int64_t freed = lists[c].free_until_full(run, of, zone);
        for (std::int64_t p = 0; p < freed; ++p) oracles[c].free(run.at(p), 0);
        held.resize(held.size() - static_cast<std::size_t>(freed));
        if (freed == run.pages) continue;
      }
      const auto [pfn, was] = held.back();
      held.pop_back();
      lists[c].free(pfn, was, buddy.pageblock_type(pfn), zone);
      oracles[c].free(pfn, was);
    }
    if (what == 9) lists[c].drain(zone), oracles[c].drain();
    std::int64_t known = buddy.free_pages().value;
    for (std::size_t k = 0; k < kCpus; ++k) {
      RC_ASSERT(lists[k].count().value == oracles[k].count());
      RC_ASSERT(lists[k].high(limits, profile).value == oracles[k].high());
      known += lists[k].count().value;
    }
    for (const auto& [pfn, o] : held) known += pages(o);
    RC_ASSERT(known == all);
    for (int o = 0; o <= kMaxOrder; ++o)
      for (int t = 0; t < kPcpTypes; ++t)
        RC_ASSERT(buddy.free_blocks(o, static_cast<MigrateType>(t)) ==
                  other.free_blocks(o, static_cast<MigrateType>(t)));
  }
  buddy.validate();
}

RC_GTEST_PROP(per_cpu_pages, tuned_lists_are_those_of_the_oracle, ()) { sequence({}); }
RC_GTEST_PROP(per_cpu_pages, fixed_lists_are_those_of_the_oracle, ()) {
  sequence({.pcp_high = PcpHigh::fixed,
            .pcp_pageblocks_by_mobility = false,
            .free_lists_follow_pageblocks = false,
            .fallback = Fallback::largest_block});
}

RC_GTEST_PROP(per_cpu_pages, lists_in_turns_are_those_of_the_oracle, ()) {
  sequence({.pcp_high = PcpHigh::fixed,
            .pcp_drain = PcpDrain::in_turns,
            .pcp_pageblocks_by_mobility = true,
            .free_lists_follow_pageblocks = false,
            .fallback = Fallback::largest_block});
}
RC_GTEST_PROP(per_cpu_pages, lists_of_single_pages_are_those_of_the_oracle, ()) {
  sequence({.pcp_high = PcpHigh::six_batches,
            .pcp_drain = PcpDrain::in_turns,
            .pcp_pageblocks_by_mobility = false,
            .free_lists_follow_pageblocks = false,
            .fallback = Fallback::largest_block});
}

// batch = 2^floor(log2(1.5 b)) - 1, b = max(1, min(managed/1024, 256)/4): as zoneinfo showed it for
// these sizes of zones.
TEST(pcp_limits, batches_of_recorded_zones) {
  const auto batch = [](std::int64_t mib) {
    return pcp_limits(PageCount{mib * kMiB / kPageSize}, PageCount{0}, 1, 0).batch;
  };
  EXPECT_EQ(batch(1), 1);
  EXPECT_EQ(batch(128), 7);
  EXPECT_EQ(batch(256), 15);
  EXPECT_EQ(batch(384), 31);
  EXPECT_EQ(batch(640), 31);
  EXPECT_EQ(batch(768), 63);
  EXPECT_EQ(batch(1 << 20), 63);
}

// high_min = max(low / CPUs, 4 batch), high_max = max(managed / 8 / CPUs, 4 batch); with a fraction
// both are managed / fraction / CPUs.
RC_GTEST_PROP(pcp_limits, follow_the_closed_form, ()) {
  const auto managed = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 30);
  const auto low = *rc::gen::inRange<std::int64_t>(0, 100'000);
  const auto cpus = *rc::gen::inRange<std::int64_t>(1, 300);
  const PcpLimits l = pcp_limits(PageCount{managed}, PageCount{low}, cpus, 0);
  RC_ASSERT(((l.batch + 1) & l.batch) == 0 || l.batch == 1);
  RC_ASSERT(l.batch >= 1 && l.batch <= 63);
  RC_ASSERT(l.high_min == std::max(low / cpus, 4 * l.batch));
  RC_ASSERT(l.high_max == std::max(managed / 8 / cpus, 4 * l.batch));
  const PcpLimits f = pcp_limits(PageCount{managed}, PageCount{low}, cpus, 10);
  RC_ASSERT(f.high_min == f.high_max);
  RC_ASSERT(f.high_min == std::max(managed / 10 / cpus, 4 * l.batch));
}

// Six batches, none for the smallest zones; of a share of the zone a quarter is a batch, at
// most 96.
TEST(pcp_limits, of_single_pages_are_six_batches) {
  const auto of = [](std::int64_t managed, std::int64_t fraction) {
    return pcp_limits_of_single_pages(PageCount{managed}, fraction);
  };
  EXPECT_EQ(of(1 << 20, 0), (PcpLimits{63, 378, 378}));
  EXPECT_EQ(of(98304, 0), (PcpLimits{31, 186, 186}));
  EXPECT_EQ(of(1024, 0), (PcpLimits{1, 0, 0}));
  EXPECT_EQ(of(1 << 20, 8), (PcpLimits{96, 131072, 131072}));
  EXPECT_EQ(of(800, 8), (PcpLimits{25, 100, 100}));
}

TEST(pcp_lists, only_single_pages_have_them_up_to_5_13) {
  const KernelProfile old{.pcp_high = PcpHigh::six_batches};
  for (int order = 0; order <= kMaxOrder; ++order) {
    EXPECT_EQ(has_pcp_list(order, old, {}), order == 0);
    EXPECT_EQ(has_pcp_list(order, {}, {}), order <= 3 || order == 9);
  }
}

// Three lists of 5, 1 and 10 pages give 9 in turns, the second first. Each gives one, and two after
// a list that is empty.
TEST(pcp_lists, give_in_turns_more_the_more_lists_were_empty) {
  const KernelProfile profile{.pcp_high = PcpHigh::six_batches,
                              .pcp_drain = PcpDrain::in_turns,
                              .pcp_pageblocks_by_mobility = false,
                              .free_lists_follow_pageblocks = false,
                              .fallback = Fallback::largest_block};
  struct Types final : PageTrace {
    std::vector<MigrateType> types;
    void page_event(const PageEvent& e) override {
      if (e.kind == PageEvent::Kind::drained) types.push_back(e.type);
    }
  } drained;
  Buddy buddy(profile);
  buddy.append({Pfn{0}, Pfn{4 * kMaxOrderPages}});
  buddy.connect(nullptr, &drained);
  PerCpuPages lists{CpuId{0}};
  const PcpZone zone{buddy, {9, 1000, 1000}};
  std::vector<Pfn> held;
  for (int i = 0; i < 18; ++i) held.push_back(*lists.allocate(0, MigrateType::movable, zone));
  lists.drain(zone);
  drained.types.clear();
  const auto u = MigrateType::unmovable;
  const auto m = MigrateType::movable;
  const auto r = MigrateType::reclaimable;
  for (const auto& [type, n] : {std::pair{u, 5}, std::pair{m, 1}, std::pair{r, 9}})
    for (int i = 0; i < n; ++i) {
      lists.free(held.back(), 0, type, zone);
      held.pop_back();
    }
  const PcpZone full{buddy, {9, 16, 16}};
  lists.free(held.back(), 0, r, full);
  EXPECT_EQ(drained.types, (std::vector<MigrateType>{m, r, u, r, r, u, r, r, u}));
}

struct Lists : ::testing::Test {
  Lists() { buddy.append({Pfn{0}, Pfn{64 * kMaxOrderPages}}); }
  Buddy buddy;
  PerCpuPages lists{CpuId{0}};
  PcpZone zone{buddy, pcp_limits(PageCount{98304}, PageCount{194}, 1, 0)};
  /// The same zone where lists do not tune themselves, to see what else happens to them.
  Buddy behind_fixed{KernelProfile{.pcp_high = PcpHigh::fixed}};
  PcpZone fixed{behind_fixed, zone.limits};
  PageCount high() const { return lists.high(zone.limits, buddy.profile()); }
};

// Refills of a stream of touches: 31, 62, 124, ..., as recorded on a zone of 384 MiB.
TEST_F(Lists, refills_double_and_widen_the_list) {
  EXPECT_EQ(high().value, 0);
  std::int64_t taken = 0;
  for (const std::int64_t refill : {31, 62, 124, 248, 496, 992, 992}) {
    for (std::int64_t i = 0; i < refill; ++i) {
      ASSERT_EQ(lists.allocate(0, MigrateType::movable, zone)->value, taken + i);
      ASSERT_EQ(lists.count().value, refill - 1 - i);
    }
    taken += refill;
    EXPECT_EQ(high().value, 194 + taken);
  }
}

TEST_F(Lists, the_page_freed_last_is_handed_out_first) {
  const Pfn a = *lists.allocate(0, MigrateType::movable, zone);
  const Pfn b = *lists.allocate(0, MigrateType::movable, zone);
  lists.free(a, 0, MigrateType::movable, zone);
  lists.free(b, 0, MigrateType::movable, zone);
  EXPECT_EQ(lists.allocate(0, MigrateType::movable, zone), b);
  EXPECT_EQ(lists.allocate(0, MigrateType::movable, zone), a);
}

TEST_F(Lists, pageblocks_come_in_pairs) {
  for (std::int64_t pair = 0; pair < 4; ++pair)
    for (const std::int64_t spare : {1, 0}) {
      const auto got = lists.allocate(kPageblockOrder, MigrateType::movable, zone);
      EXPECT_EQ(got->value, (2 * pair + 1 - spare) * kPageblockPages);
      EXPECT_EQ(lists.count().value, spare * kPageblockPages);
    }
}

// A list that nobody uses shrinks by an eighth a time, down to its least.
TEST_F(Lists, idle_lists_decay) {
  for (int i = 0; i < 4000; ++i) lists.allocate(0, MigrateType::movable, zone);
  std::int64_t expected = high().value;
  while (expected > zone.limits.high_min) {
    expected = std::max({lists.count().value - 32 * zone.limits.batch, expected - expected / 8,
                         zone.limits.high_min});
    lists.vmstat_update(zone, false);
    ASSERT_EQ(high().value, expected);
    ASSERT_LE(lists.count().value, expected);
  }
  lists.vmstat_update(zone, false);
  EXPECT_EQ(high().value, zone.limits.high_min);
}

// A batch every third time, and none after a use.
TEST_F(Lists, idle_lists_of_another_node_empty_by_batches) {
  for (int i = 0; i < 4000; ++i) lists.allocate(0, MigrateType::movable, zone);
  const std::int64_t held = lists.count().value;
  ASSERT_GT(held, 2 * zone.limits.batch);
  for (int round = 1; round <= 7; ++round) {
    lists.vmstat_update(fixed, true);
    EXPECT_EQ(lists.count().value, held - round / 3 * zone.limits.batch) << round;
  }
  lists.allocate(0, MigrateType::movable, fixed);
  const std::int64_t left = lists.count().value;
  for (int round = 0; round < 2; ++round) lists.vmstat_update(fixed, true);
  EXPECT_EQ(lists.count().value, left);
  for (int round = 0; round < 100'000 && lists.count().value > 0; ++round)
    lists.vmstat_update(fixed, true);
  EXPECT_EQ(lists.count().value, 0);
}

// Three rounds after a use a batch goes, though the list has begun to shrink in the third: what a
// round gives back is a use to the next one.
TEST_F(Lists, shrinking_is_a_use_to_the_next_round_only) {
  for (int i = 0; i < 4000; ++i) lists.allocate(0, MigrateType::movable, zone);
  while (lists.count() < high()) lists.vmstat_update(zone, false);
  std::vector<std::int64_t> given;
  for (int round = 0; round < 3; ++round) {
    const std::int64_t before = lists.count().value;
    lists.vmstat_update(round == 2 ? zone : fixed, true);
    given.push_back(before - lists.count().value);
  }
  EXPECT_EQ(lists.count().value, high().value - zone.limits.batch);
  EXPECT_EQ(given[0] + given[1], 0);
  EXPECT_GT(given[2], zone.limits.batch);
}

// Below the high watermark the list gives up what it has gained, and drains at once.
TEST_F(Lists, a_zone_short_of_memory_gets_its_pages_back) {
  std::vector<Pfn> held;
  for (int i = 0; i < 4000; ++i) held.push_back(*lists.allocate(0, MigrateType::movable, zone));
  zone.below_high = true;
  for (const Pfn p : held) {
    lists.free(p, 0, MigrateType::movable, zone);
    ASSERT_LE(lists.count().value, high().value + zone.limits.high_min);
  }
  EXPECT_EQ(high().value, zone.limits.high_min);
}

struct Drained final : PageTrace {
  std::vector<int> orders;
  void page_event(const PageEvent& e) override {
    if (e.kind == PageEvent::Kind::drained) orders.push_back(e.order);
  }
};

/// Gives 3000 single pages and then up to 20 pageblocks back: the orders of what goes to
/// the buddy at the first drain, and how many pages were too much.
std::pair<std::vector<int>, std::int64_t> first_drain(PcpDrain rule) {
  const KernelProfile profile{.pcp_drain = rule};
  Buddy buddy(profile);
  buddy.append({Pfn{0}, Pfn{64 * kMaxOrderPages}});
  PerCpuPages lists{CpuId{0}};
  const PcpZone zone{buddy, pcp_limits(pages_of(Bytes{kGiB}), PageCount{8000}, 1, 0)};
  std::vector<Pfn> blocks;
  for (int i = 0; i < 20; ++i)
    blocks.push_back(*lists.allocate(kPageblockOrder, MigrateType::movable, zone));
  std::vector<Pfn> single;
  for (int i = 0; i < 3000; ++i) single.push_back(*lists.allocate(0, MigrateType::movable, zone));
  Drained drained;
  buddy.connect(nullptr, &drained);
  std::int64_t freed = 0;
  std::int64_t before = 0;
  const auto free = [&](Pfn pfn, int order) {
    before = lists.high(zone.limits, profile).value;
    if (freed < zone.limits.batch << 5) freed += std::int64_t{1} << order;
    lists.free(pfn, order, MigrateType::movable, zone);
    return !drained.orders.empty();
  };
  for (const Pfn p : single) EXPECT_FALSE(free(p, 0));
  for (const Pfn p : blocks)
    if (free(p, kPageblockOrder)) break;
  const std::int64_t batch = zone.limits.batch;
  return {drained.orders, std::min(std::max(freed, batch), before - batch)};
}

TEST(PcpDrains, a_portion_takes_a_whole_block_and_counts_as_a_batch) {
  const auto [whole, too_many] = first_drain(PcpDrain::whole);
  ASSERT_GT(too_many, 2 * kPageblockPages);
  EXPECT_EQ(whole, std::vector<int>(
                       static_cast<std::size_t>((too_many + kPageblockPages - 1) / kPageblockPages),
                       kPageblockOrder));
  const auto [portions, same] = first_drain(PcpDrain::portions);
  ASSERT_EQ(same, too_many);
  constexpr std::int64_t kBatch = 63;
  const auto blocks = std::count(portions.begin(), portions.end(), kPageblockOrder);
  EXPECT_GT(blocks, std::ssize(whole));
  // All pageblocks that the list has go, 63 pages each; the rest in single pages.
  EXPECT_EQ(std::ssize(portions) - blocks, std::max<std::int64_t>(0, too_many - blocks * kBatch));
}

TEST_F(Lists, disabled_lists_hold_nothing) {
  zone.limits = kPcpDisabled;
  const Pfn p = *lists.allocate(0, MigrateType::movable, zone);
  EXPECT_EQ(lists.count().value, 0);
  lists.free(p, 0, MigrateType::movable, zone);
  EXPECT_EQ(lists.count().value, 0);
  EXPECT_EQ(buddy.free_pages().value, 64 * kMaxOrderPages);
}

}  // namespace
}  // namespace mhp::kernel::per_cpu_pages_test
