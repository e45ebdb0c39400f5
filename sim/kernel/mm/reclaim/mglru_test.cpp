// Who loses memory with multi-generational LRU, and how much a reclaim takes, on small machines.
#include "sim/kernel/mm/reclaim/mglru.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/mm/reclaim/threads_host.hpp"

namespace mhp::kernel::mglru_test {
namespace {

constexpr NodeId kNode{0};

class Generations : public ::testing::Test {
 protected:
  void boot_with(LruGenSetting setting, Bytes swap = Bytes{0}) {
    machine::Description m;
    m.nodes = {{Bytes{128 * kMiB}, 2}};
    m.distance = {{10}};
    config_.swap = swap;
    config_.lru_gen = setting;
    mm_ = std::make_unique<Mm>(boot(m, config_), config_, KernelProfile{});
  }
  static AllocRequest user(int order = 0) {
    return {
        .node = kNode, .order = order, .type = MigrateType::movable, .highest = ZoneType::movable};
  }
  std::optional<Allocation> alloc(AllocRequest rq) {
    return CountingHost::run(mm_->alloc_pages(host_, rq, mm_->nobody()));
  }
  /// Brings pages in and uses them so often, reclaiming for them where there is no room.
  void bring(Population& p, std::int64_t pages, int uses) {
    for (std::int64_t i = 0; i < pages; ++i) {
      const auto got = alloc(user());
      ASSERT_TRUE(got);
      const Population::Extent e = p.add(*got, 0);
      for (int use = 0; use < uses; ++use) p.touch(e);
    }
  }
  void fill(Population& p) {
    while (const auto got = mm_->alloc_pages(user(), mm_->nobody())) p.add(*got, 0);
  }
  std::int64_t free_pages() const { return mm_->mem_free().value; }
  const VmEvents& events() { return mm_->reclaim().events(); }

  KernelConfig config_;
  std::unique_ptr<Mm> mm_;
  CountingHost host_;
};

TEST_F(Generations, come_with_the_build_or_are_turned_on_where_they_are_built) {
  KernelConfig config;
  KernelProfile profile;
  using enum LruGenSetting;
  for (const auto& [rule, setting, expected] :
       {std::tuple{LruGenRule::absent, as_built, std::optional(false)},
        {LruGenRule::absent, on, std::optional<bool>()},
        {LruGenRule::off, as_built, std::optional(false)},
        {LruGenRule::off, on, std::optional(true)},
        {LruGenRule::on, as_built, std::optional(true)},
        {LruGenRule::on, off, std::optional(false)}}) {
    config.lru_gen = setting;
    profile.lru_gen = rule;
    EXPECT_EQ(lru_gen_enabled(config, profile), expected);
  }
}

// folio_mark_accessed only counts: three reads do not keep a file that is older than one that is
// read once. The classic lists activate it on its second read.
TEST_F(Generations, a_file_read_three_times_and_left_goes_before_one_that_is_read_once_later) {
  for (const LruGenSetting setting : {LruGenSetting::on, LruGenSetting::off}) {
    boot_with(setting);
    const std::int64_t quarter = free_pages() / 4;
    Population hot(*mm_, Content::page_cache);
    Population cold(*mm_, Content::page_cache);
    bring(hot, quarter, 3);
    bring(cold, 4 * quarter, 1);
    EXPECT_EQ(hot.resident().value, setting == LruGenSetting::on ? 0 : quarter);
    EXPECT_EQ(cold.pages_reclaimed().value < quarter, setting == LruGenSetting::on);
    mm_->validate();
  }
}

// What is mapped is faulted in as young, and ageing finds it used or not; page cache that is read
// is older than that from the start.
TEST_F(Generations, mapped_pages_stay_against_a_stream_of_reads) {
  boot_with(LruGenSetting::on);
  const std::int64_t room = free_pages();
  Population mapped(*mm_, Content::mapped_file);
  Population read(*mm_, Content::page_cache);
  bring(mapped, room * 4 / 10, 1);
  bring(read, room * 2, 1);
  EXPECT_EQ(mapped.pages_reclaimed().value, 0);
  EXPECT_GT(read.pages_reclaimed().value, room);
  mm_->validate();
}

// Once they are all that is left, mapped pages that nobody uses go as well.
TEST_F(Generations, mapped_pages_go_when_there_is_nothing_else) {
  boot_with(LruGenSetting::on);
  Population mapped(*mm_, Content::mapped_file);
  bring(mapped, free_pages() * 2, 0);
  EXPECT_GT(mapped.pages_reclaimed().value, 0);
  EXPECT_GE(mm_->lru().sequence(kNode).max_seq, 4) << "a generation was made";
  EXPECT_EQ(events().oom_kill, 0);
  mm_->validate();
}

// 64 * ceil((lru >> 12) / 64), and no further round until compaction has room.
TEST_F(Generations, a_direct_reclaim_for_a_pageblock_takes_one_batch) {
  for (const LruGenSetting setting : {LruGenSetting::on, LruGenSetting::off}) {
    boot_with(setting);
    Population cache(*mm_, Content::page_cache);
    fill(cache);
    alloc(user(9));
    EXPECT_EQ(events().allocstall, 1);
    if (setting == LruGenSetting::on)
      EXPECT_EQ(events().pgsteal_direct, kMinLruBatch);
    else
      EXPECT_GT(events().pgsteal_direct, kMinLruBatch);
  }
}

// A zone that the request cannot use gives nothing, and does not keep reclaim for ever.
TEST_F(Generations, pages_of_a_zone_that_does_not_help_are_passed_over) {
  boot_with(LruGenSetting::on);
  Population cache(*mm_, Content::page_cache);
  fill(cache);
  AllocRequest rq = user();
  rq.highest = ZoneType::dma;
  const auto before = mm_->lru().zone_size(kNode, ZoneType::dma32, LruList::inactive_file);
  while (alloc(rq)) {
  }
  EXPECT_EQ(mm_->lru().zone_size(kNode, ZoneType::dma32, LruList::inactive_file) +
                mm_->lru().zone_size(kNode, ZoneType::dma32, LruList::active_file),
            before);
  mm_->validate();
}

TEST_F(Generations, anonymous_memory_without_swap_is_not_looked_at) {
  boot_with(LruGenSetting::on);
  Population anon(*mm_, Content::anon);
  fill(anon);
  EXPECT_FALSE(alloc(user()));
  EXPECT_EQ(events().pgscan(), 0);
  EXPECT_EQ(anon.pages_reclaimed().value, 0);
  EXPECT_GT(mm_->lru().size(kNode, LruList::active_anon).value, 0);
  EXPECT_EQ(mm_->lru().size(kNode, LruList::inactive_anon).value, 0);
}

// Each page that went and is read again is a refault, of a tier by its uses.
TEST_F(Generations, pages_that_come_back_are_counted) {
  boot_with(LruGenSetting::on);
  Population cache(*mm_, Content::page_cache);
  bring(cache, free_pages() * 3 / 2, 1);
  std::int64_t back = 0;
  for (Population::Extent e = 0; back < 1000; ++e) {
    if (cache.missing(e).value == 0) continue;
    const auto got = alloc(user());
    ASSERT_TRUE(got);
    cache.add_to(e, *got, 0);
    ++back;
  }
  EXPECT_EQ(events().workingset_refault_file, back);
  EXPECT_EQ(events().workingset_activate_file, back) << "no generation has ended since";
  EXPECT_EQ(events().workingset_refault_anon + events().workingset_restore_file, 0);
}

// A working set that is read three times whenever it is not there: once enough of it has come back,
// its tier is spared, and a stream goes in its place.
TEST_F(Generations, a_tier_that_comes_back_is_spared) {
  boot_with(LruGenSetting::on);
  Population hot(*mm_, Content::page_cache);
  Population cold(*mm_, Content::page_cache);
  const std::int64_t quarter = free_pages() / 4;
  bring(hot, quarter, 3);
  std::vector<std::int64_t> misses;
  for (int round = 0; round < 8; ++round) {
    bring(cold, quarter, 1);
    misses.push_back(0);
    for (Population::Extent e = 0; e < hot.extents(); ++e) {
      if (hot.missing(e).value == 0) continue;
      const auto got = alloc(user());
      ASSERT_TRUE(got);
      hot.add_to(e, *got, 0);
      for (int use = 0; use < 3; ++use) hot.touch(e);
      ++misses.back();
    }
  }
  EXPECT_GT(*std::max_element(misses.begin(), misses.end()), 0);
  EXPECT_EQ(misses.back(), 0);
  mm_->validate();
}

/// The same with kswapd and writeback at work.
class GenerationThreads : public Generations {
 protected:
  void start_threads() {
    mm_->reclaim().set_waker(&threads_);
    kswapd_ = mm_->reclaim().kswapd(threads_, kNode);
    writeback_ = mm_->reclaim().writeback().run(threads_);
    kswapd_.start();
    writeback_.start();
  }
  ~GenerationThreads() override {
    if (mm_) mm_->reclaim().set_waker(nullptr);
  }
  ThreadsHost threads_;
  Task<void> kswapd_;
  Task<void> writeback_;
};

TEST_F(GenerationThreads, kswapd_fills_up_to_the_high_watermark_and_sleeps) {
  boot_with(LruGenSetting::on);
  start_threads();
  Population cache(*mm_, Content::page_cache);
  while (const auto got = mm_->alloc_pages_fast(user(), mm_->nobody())) cache.add(*got, 0);
  mm_->alloc_pages(user(), mm_->nobody());
  threads_.settle();
  EXPECT_EQ(threads_.asleep(), 2U);
  const Zone& z = mm_->zone(kNode, ZoneType::dma32);
  EXPECT_GT(z.buddy.free_pages(), z.watermark.high);
  EXPECT_EQ(events().pgsteal_kswapd, cache.pages_reclaimed().value);
  EXPECT_EQ(events().pgscan_kswapd, events().pgsteal_kswapd);
  EXPECT_EQ(events().allocstall, 0);
  mm_->validate();
}

TEST_F(GenerationThreads, dirty_page_cache_is_written_before_it_is_reclaimed) {
  boot_with(LruGenSetting::on);
  start_threads();
  Population cache(*mm_, Content::page_cache);
  while (const auto got = mm_->alloc_pages(user(), mm_->nobody())) cache.add(*got, 0, true);
  EXPECT_EQ(events().kswapd_wakeups, 1);
  threads_.settle();
  ASSERT_TRUE(alloc(user()));
  EXPECT_GT(events().pgsteal(), 0);
  EXPECT_GE(events().nr_vmscan_write, events().pgsteal());
  EXPECT_EQ(threads_.spent(Primitive::writeback_page), events().nr_vmscan_write);
  mm_->validate();
}

// With page cache about, nothing is swapped: it is older.
TEST_F(GenerationThreads, page_cache_goes_before_anonymous_memory) {
  boot_with(LruGenSetting::on, Bytes{64 * kMiB});
  start_threads();
  Population anon(*mm_, Content::anon);
  Population cache(*mm_, Content::page_cache);
  const std::int64_t room = free_pages();
  for (std::int64_t i = 0; i < room / 3; ++i) anon.add(*alloc(user()), 0);
  for (std::int64_t i = 0; i < room * 2; ++i) {
    const auto got = alloc(user());
    ASSERT_TRUE(got);
    cache.touch(cache.add(*got, 0));
    threads_.settle();
  }
  EXPECT_GT(cache.pages_reclaimed().value, room);
  EXPECT_EQ(events().pswpout, 0);
  mm_->validate();
}

// Each page twice: to be written, and to be freed (and once more if it was seen in use).
TEST_F(GenerationThreads, swapped_pages_are_looked_at_twice) {
  boot_with(LruGenSetting::on, Bytes{256 * kMiB});
  start_threads();
  Population anon(*mm_, Content::anon);
  const std::int64_t room = free_pages();
  for (std::int64_t i = 0; i < room * 2; ++i) {
    const auto got = alloc(user());
    ASSERT_TRUE(got);
    anon.add(*got, 0);
    threads_.settle();
  }
  EXPECT_GE(events().pswpout, anon.pages_reclaimed().value);
  EXPECT_GE(events().pgscan_anon, 2 * events().pgsteal_anon);
  EXPECT_LE(events().pgscan_anon, 3 * events().pgsteal_anon);
  EXPECT_EQ(events().oom_kill, 0);
  mm_->validate();
}

// lru_gen_shrink_node does nothing while nothing may be written, as in a round for a boost.
TEST_F(GenerationThreads, a_boost_is_not_reclaimed) {
  boot_with(LruGenSetting::on);
  start_threads();
  Population cache(*mm_, Content::page_cache);
  while (const auto got = mm_->alloc_pages_fast(user(4), mm_->nobody())) cache.add(*got, 4);
  for (Population::Extent e = 0; e < cache.extents(); e += 2) cache.free(e, mm_->nobody());
  mm_->drain_all_pages(mm_->nobody());
  ASSERT_TRUE(mm_->alloc_pages_fast({.node = kNode}, mm_->nobody()));
  EXPECT_GT(mm_->zone(kNode, ZoneType::dma32).watermark_boost.value, 0);
  threads_.settle();
  EXPECT_EQ(mm_->zone(kNode, ZoneType::dma32).watermark_boost.value, 0);
  EXPECT_EQ(events().pgscan(), 0);
}

}  // namespace
}  // namespace mhp::kernel::mglru_test
