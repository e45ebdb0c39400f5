// Compaction, demotion and promotion on small machines, and what a memmap elsewhere costs.
#include "sim/kernel/mm/reclaim/compaction.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/lock_watch.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel::compaction_test {
namespace {

constexpr NodeId kNode{0};
constexpr NodeId kFar{1};

AllocRequest user(int order, NodeId node = kNode) {
  return {.node = node, .order = order, .type = MigrateType::movable, .highest = ZoneType::movable};
}

std::unique_ptr<Mm> machine_of(std::vector<machine::NodeDescription> nodes,
                               const KernelConfig& config) {
  machine::Description m;
  m.nodes = std::move(nodes);
  m.distance.assign(m.nodes.size(), std::vector<int>(m.nodes.size(), 20));
  for (std::size_t n = 0; n < m.nodes.size(); ++n) m.distance[n][n] = 10;
  return std::make_unique<Mm>(boot(m, config), config, KernelProfile{});
}

/// Page cache in single pages with every second one given back: half is free, nothing is large.
class Fragmented : public ::testing::Test {
 protected:
  Fragmented() : mm_(machine_of({{Bytes{128 * kMiB}, 2}}, {})), cache_(*mm_, Content::locked) {
    std::vector<Population::Extent> all;
    while (const auto got = mm_->alloc_pages_fast(user(0), mm_->nobody()))
      all.push_back(cache_.add(*got, 0));
    for (std::size_t i = 0; i < all.size(); i += 2) cache_.free(all[i], mm_->nobody());
    mm_->drain_all_pages(mm_->nobody());
  }
  Zone& zone() { return mm_->zone(kNode, ZoneType::dma32); }
  const VmEvents& events() { return mm_->reclaim().events(); }
  std::optional<Allocation> alloc(AllocRequest rq) {
    return CountingHost::run(mm_->alloc_pages(host_, rq, mm_->nobody()));
  }

  std::unique_ptr<Mm> mm_;
  Population cache_;
  CountingHost host_;
};

// Every page that moved was looked at, moved once and is still held.
TEST_F(Fragmented, compaction_makes_a_huge_page_out_of_holes) {
  ASSERT_FALSE(zone().buddy.has_block(kPageblockOrder));
  const PageCount held = cache_.resident();
  const PageCount free = mm_->mem_free();
  const auto got = alloc(user(kPageblockOrder));
  ASSERT_TRUE(got);
  EXPECT_EQ(events().compact_stall, 1);
  EXPECT_EQ(events().compact_success, 1);
  EXPECT_GE(events().pgmigrate_success, kPageblockPages / 2);
  EXPECT_EQ(host_.spent(Primitive::migrate_page), events().pgmigrate_success);
  EXPECT_GE(host_.spent(Primitive::compact_scan), events().pgmigrate_success);
  EXPECT_LE(events().pgmigrate_success, kPageblockPages) << "what is freed merges at once";
  EXPECT_LT(events().compact_migrate_scanned, 2 * events().compact_isolated + kPageblockPages)
      << "each but once, and a pageblock in which nothing can move";
  EXPECT_EQ(events().allocstall, 0) << "costly requests compact before they reclaim";
  EXPECT_EQ(cache_.resident(), held);
  EXPECT_EQ((free - mm_->mem_free()).value, kPageblockPages);
  mm_->validate();
}

// What is not online in the zone is passed over: it has no struct pages to look at.
TEST_F(Fragmented, holes_of_a_zone_are_not_looked_at) {
  const Pfn hole{round_up(zone().zone_start_pfn.value, kPageblockPages)};
  zone().online.erase(hole.value, hole.value + kPageblockPages);
  zone().contiguous = false;
  std::int64_t looks = 0;
  mm_->reclaim().set_memmap([&](Pfn pfn) {
    EXPECT_TRUE(zone().online.contains(pfn.value)) << pfn.value;
    ++looks;
    return MemmapPlace{.node = kNode};
  });
  ASSERT_TRUE(alloc(user(kPageblockOrder)));
  EXPECT_GT(looks, 0);
}

TEST_F(Fragmented, an_unmovable_request_looks_at_its_own_pageblocks_first_and_then_at_all) {
  AllocRequest rq = user(kPageblockOrder);
  rq.type = MigrateType::unmovable;
  rq.highest = ZoneType::normal;
  rq.retry = Retry::mayfail;
  EXPECT_TRUE(alloc(rq));
  EXPECT_GE(events().compact_stall, 2) << "asynchronously in vain, then harder";
  mm_->validate();
}

// With too little free, or nothing apart, it is not even tried.
TEST_F(Fragmented, compaction_is_skipped_without_room_to_move_to) {
  EXPECT_TRUE(mm_->reclaim().compaction().suitable(zone(), kPageblockOrder, ZoneType::movable));
  Population rest(*mm_, Content::locked);
  while (const auto got = mm_->alloc_pages(user(0), mm_->nobody())) rest.add(*got, 0);
  EXPECT_FALSE(mm_->reclaim().compaction().suitable(zone(), kPageblockOrder, ZoneType::movable));
  EXPECT_FALSE(alloc(user(kPageblockOrder)));
  EXPECT_EQ(events().compact_stall, 0);
}

// Free pages come off the lists pageblock by pageblock, each in a hold of its own, and what moves
// is freed in its own, too.
TEST_F(Fragmented, compaction_changes_free_lists_while_the_lock_is_held) {
  mm_->account_work();
  LockWatch host(*mm_);
  Receipt receipt = mm_->receipt();
  ASSERT_TRUE(CountingHost::run(mm_->alloc_pages(host, user(kPageblockOrder), receipt)));
  CountingHost::run(receipt.spend(host));
  EXPECT_GE(events().pgmigrate_success, kPageblockPages / 2);
  EXPECT_EQ(host.unlocked(), 0);
  EXPECT_GT(host.locked(), 1);
  mm_->validate();
}

class Tiers : public ::testing::Test {
 protected:
  void boot_with(bool demotion, bool tiering) {
    KernelConfig config;
    config.numa_demotion = demotion;
    config.numa_balancing_tiering = tiering;
    mm_ = machine_of({{Bytes{128 * kMiB}, 2}, {Bytes{256 * kMiB}, 0}}, config);
  }
  AllocRequest local(int order = 0) {
    AllocRequest rq = user(order);
    rq.this_node = true;
    rq.retry = Retry::mayfail;
    return rq;
  }
  void fill(Population& p) {
    while (const auto got = mm_->alloc_pages(local(), mm_->nobody())) p.add(*got, 0);
  }
  const VmEvents& events() { return mm_->reclaim().events(); }

  std::unique_ptr<Mm> mm_;
  CountingHost host_;
};

TEST_F(Tiers, demotion_moves_what_would_be_dropped_and_is_off_by_default) {
  for (const bool on : {false, true}) {
    boot_with(on, false);
    Population cache(*mm_, Content::page_cache);
    fill(cache);
    const PageCount held = cache.resident();
    ASSERT_TRUE(CountingHost::run(mm_->alloc_pages(host_, local(), mm_->nobody())));
    EXPECT_EQ(events().pgdemote_direct > 0, on);
    EXPECT_EQ(events().pgsteal_direct > 0, !on);
    EXPECT_EQ((held - cache.resident()).value, events().pgsteal_direct);
    EXPECT_EQ(mm_->lru().size(kFar, LruList::inactive_file).value, events().pgdemote_direct);
    mm_->validate();
  }
}

// Without swap, anonymous memory can still be demoted.
TEST_F(Tiers, anonymous_memory_can_be_demoted_without_swap) {
  boot_with(true, false);
  Population anon(*mm_, Content::anon);
  fill(anon);
  const PageCount held = anon.resident();
  EXPECT_TRUE(CountingHost::run(mm_->alloc_pages(host_, local(), mm_->nobody())));
  EXPECT_GT(events().pgdemote_direct, 0);
  EXPECT_EQ(anon.resident(), held);
}

TEST_F(Tiers, pages_in_use_are_promoted_while_the_upper_node_stays_above_high) {
  boot_with(true, true);
  Population anon(*mm_, Content::anon);
  std::vector<Population::Extent> slow;
  for (int i = 0; i < 100; ++i)
    slow.push_back(anon.add(*mm_->alloc_pages(user(3, kFar), mm_->nobody()), 3));
  EXPECT_EQ(CountingHost::run(anon.promote(host_, slow[0], kNode)).value, 8);
  EXPECT_EQ(events().pgpromote_success, 8);
  EXPECT_EQ(host_.spent(Primitive::migrate_page), 8);
  EXPECT_EQ(CountingHost::run(anon.promote(host_, slow[0], kNode)).value, 0) << "is there already";
  Population rest(*mm_, Content::locked);
  fill(rest);
  EXPECT_EQ(CountingHost::run(anon.promote(host_, slow[1], kNode)).value, 0) << "no room";
  EXPECT_EQ(events().pgpromote_candidate, 16);
  EXPECT_EQ(anon.resident().value, 800);
  mm_->validate();
}

// Demotion asks for single pages and for whole pageblocks, as its runs have them; per-CPU lists
// have some of them and the buddy the rest.
TEST_F(Tiers, demotion_changes_free_lists_while_the_lock_is_held) {
  for (const int order : {0, 5, kPageblockOrder}) {
    boot_with(true, false);
    Population cache(*mm_, Content::page_cache);
    while (const auto got = mm_->alloc_pages(local(order), mm_->nobody())) cache.add(*got, order);
    mm_->account_work();
    LockWatch host(*mm_);
    Receipt receipt = mm_->receipt();
    for (int i = 0; i < 5000 && events().pgdemote_direct < 200; ++i)
      ASSERT_TRUE(CountingHost::run(mm_->alloc_pages(host, local(), receipt)));
    CountingHost::run(receipt.spend(host));
    EXPECT_GE(events().pgdemote_direct, 200) << order;
    EXPECT_EQ(host.spent(Primitive::migrate_page), events().pgdemote_direct) << order;
    EXPECT_EQ(host.unlocked(), 0) << order;
    mm_->validate();
  }
}

// An extent of many runs waits for the lock more than once: what has come over stays, and who takes
// the rest meanwhile takes it from the promotion as well.
TEST_F(Tiers, promotion_changes_free_lists_while_the_lock_is_held) {
  bool over = false;
  for (std::int64_t steps = 0; !over; steps += 1 + steps / 8) {
    boot_with(true, true);
    Population anon(*mm_, Content::anon);
    std::vector<Population::Extent> slow;
    for (int i = 0; i < 4; ++i) {
      const auto got = mm_->alloc_pages(user(8, kFar), mm_->nobody());
      slow.push_back(anon.add({got->pfn, got->node, got->zone}, 6));
      for (std::int64_t at = 64; at < 256; at += 64)
        anon.add_to(slow.back(), {got->pfn + PageCount{at}, got->node, got->zone}, 6, false);
    }
    mm_->account_work();
    Receipt other = mm_->receipt();
    LockWatch host(*mm_);
    host.meanwhile(steps, [&] { anon.free(slow[0], other); });
    PageCount moved;
    for (const auto extent : slow) moved += CountingHost::run(anon.promote(host, extent, kNode));
    over = host.over();
    EXPECT_EQ(events().pgpromote_success, moved.value) << steps;
    EXPECT_EQ(events().pgpromote_candidate, moved.value) << steps;
    EXPECT_GE(moved.value, 3 * 256) << steps;
    EXPECT_EQ(host.spent(Primitive::migrate_page), moved.value) << steps;
    EXPECT_EQ(host.unlocked(), 0) << steps;
    EXPECT_EQ(anon.resident().value, over ? 4 * 256 : 3 * 256) << steps;
    CountingHost::run(other.spend(host_));
    mm_->validate();
  }
}

/// Notes on which node struct pages are touched.
class PlaceHost : public CountingHost {
 public:
  bool perform(const Step& step, std::coroutine_handle<> h) override {
    if (step.kind == Step::Kind::spend &&
        step.what == static_cast<std::uint16_t>(Primitive::lru_scan))
      scanned_on[static_cast<std::size_t>(step.where)] += step.count;
    return CountingHost::perform(step, h);
  }
  std::array<std::int64_t, 2> scanned_on{};
};

// A scan touches struct pages where they lie; base pages cost one walk for each 64 of them begun.
TEST_F(Tiers, reclaim_touches_the_memmap_where_it_lies) {
  boot_with(false, false);
  Population cache(*mm_, Content::page_cache);
  fill(cache);
  mm_->reclaim().set_memmap([](Pfn) { return MemmapPlace{kFar, true, false}; });
  PlaceHost host;
  ASSERT_TRUE(CountingHost::run(mm_->alloc_pages(host, local(), mm_->nobody())));
  EXPECT_EQ(host.scanned_on[0], 0);
  EXPECT_EQ(host.scanned_on[1], events().pgscan_direct);
  EXPECT_GE(host.spent(Primitive::memmap_walk), events().pgscan_direct / 64);
  MemmapWork work(2);
  work.add({kFar, true, true}, PageCount{65});
  work.add({kFar, false, true}, PageCount{1000});
  EXPECT_EQ(work.by_node()[1], 1065);
  EXPECT_EQ(work.walks()[1], 2);
}

}  // namespace
}  // namespace mhp::kernel::compaction_test
