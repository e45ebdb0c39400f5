// What is charged to whom, what happens at each limit, and who loses memory when others need it.
#include "sim/kernel/mm/reclaim/memcg.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <vector>

#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel::memcg_test {
namespace {

constexpr NodeId kNode{0};
constexpr MemcgId kA{1};
constexpr MemcgId kB{2};
constexpr std::int64_t kPages = 256;  ///< of 4 KiB in a MiB

/// Counts what tasks sleep, in jiffies.
class SleepHost final : public CountingHost {
 public:
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    if (step.kind == Step::Kind::wait &&
        step.what == static_cast<std::uint16_t>(Condition::timeout))
      slept += step.count;
    return CountingHost::perform(step, resume);
  }
  std::int64_t slept = 0;
};

/// A process of a memory cgroup, with page cache or memory of its own.
class Process final : public OomTask {
 public:
  Process(Mm& mm, MemcgId memcg, Content content)
      : pages(mm, content, memcg), task(mm.reclaim().memcgs(), memcg, kNode), mm_(mm) {
    mm_.reclaim().oom_killer().add(*this);
  }
  ~Process() override { mm_.reclaim().oom_killer().remove(*this); }

  /// A fault on one page. False if it could not be had or charged.
  bool fault(CountingHost& host, std::optional<Population::Extent> extent = std::nullopt) {
    const AllocRequest rq{
        .node = kNode, .type = MigrateType::movable, .highest = ZoneType::movable};
    Receipt& nobody = mm_.nobody();
    const auto got = CountingHost::run(mm_.alloc_pages(host, rq, nobody));
    if (!got) return false;
    const int lives = kills_;
    Memcgs& memcgs = mm_.reclaim().memcgs();
    if (!task.memcg().is_root() &&
        !CountingHost::run(memcgs.charge(host, task, PageCount{1}, nobody))) {
      mm_.free_pages(got->pfn, 0, nobody);
      return false;
    }
    if (extent && kills_ != lives) {
      mm_.free_pages(got->pfn, 0, nobody);
      memcgs.uncharge(task.memcg(), PageCount{1});
      return false;
    }
    if (extent)
      pages.add_to(*extent, *got, 0);
    else
      extents.push_back(pages.add(*got, 0));
    return true;
  }
  /// So many new pages, or as many as there are.
  std::int64_t grow(CountingHost& host, std::int64_t n) {
    std::int64_t done = 0;
    while (done < n && fault(host)) ++done;
    return done;
  }

  MemcgId memcg() const override { return task.memcg(); }
  PageCount oom_pages() const override {
    return pages.content() == Content::anon ? pages.resident() + pages.missing() : PageCount{0};
  }
  void oom_kill(Receipt& receipt) override {
    killed = true;
    ++kills_;
    pages.free_all(receipt);
    extents.clear();
  }
  bool oom_dying() const override { return false; }

  Population pages;
  MemcgTask task;
  std::vector<Population::Extent> extents;
  bool killed = false;

 private:
  Mm& mm_;
  int kills_ = 0;
};

class MemoryCgroups : public ::testing::TestWithParam<LruGenSetting> {
 protected:
  void boot_with(std::vector<MemcgConfig> cgroups, LruGenSetting lru_gen, Bytes swap = Bytes{0}) {
    machine::Description m;
    m.nodes = {{Bytes{128 * kMiB}, 2}};
    m.distance = {{10}};
    config_.swap = swap;
    config_.lru_gen = lru_gen;
    mm_ = std::make_unique<Mm>(boot(m, config_), config_, KernelProfile{});
    for (const MemcgConfig& c : cgroups) memcgs().create(c);
  }
  Memcgs& memcgs() { return mm_->reclaim().memcgs(); }
  const VmEvents& events() { return mm_->reclaim().events(); }

  KernelConfig config_;
  std::unique_ptr<Mm> mm_;
  SleepHost host_;
};
INSTANTIATE_TEST_SUITE_P(both_lrus, MemoryCgroups,
                         ::testing::Values(LruGenSetting::off, LruGenSetting::on),
                         [](const auto& setting) {
                           return setting.param == LruGenSetting::on ? "generations" : "classic";
                         });

TEST_P(MemoryCgroups, page_cache_stays_within_memory_max_and_takes_from_nobody_else) {
  boot_with({{.name = "a", .memory_max = Bytes{8 * kMiB}}, {.name = "b"}}, GetParam());
  Process a(*mm_, kA, Content::page_cache);
  Process b(*mm_, kB, Content::page_cache);
  ASSERT_EQ(b.grow(host_, 8 * kPages), 8 * kPages);
  ASSERT_EQ(a.grow(host_, 8 * kPages), 8 * kPages);
  EXPECT_EQ(memcgs()[kA].usage.value, 8 * kPages);
  EXPECT_EQ(memcgs()[kA].events.max, 0) << "full, but not beyond";
  ASSERT_EQ(a.grow(host_, 24 * kPages), 24 * kPages);
  EXPECT_EQ(memcgs()[kA].peak.value, 8 * kPages);
  EXPECT_GT(memcgs()[kA].events.max, 0);
  EXPECT_EQ(memcgs()[kA].events.oom, 0);
  EXPECT_EQ(memcgs()[kA].events.reclaimed, a.pages.pages_reclaimed());
  EXPECT_GE(a.pages.pages_reclaimed().value, 24 * kPages);
  EXPECT_EQ(b.pages.pages_reclaimed().value, 0);
  EXPECT_EQ(events().pgsteal_file, a.pages.pages_reclaimed().value);
  EXPECT_EQ(events().pgsteal(), 0) << "neither kswapd's nor a task's for want of memory";
  EXPECT_EQ(events().allocstall, 0);
  mm_->validate();
  memcgs().validate();
}

TEST_P(MemoryCgroups, beyond_memory_max_a_process_of_the_cgroup_is_killed_and_no_larger_one) {
  boot_with({{.name = "a", .memory_max = Bytes{8 * kMiB}}}, GetParam());
  Process large(*mm_, {}, Content::anon);
  Process own(*mm_, kA, Content::anon);
  Process mate(*mm_, kA, Content::page_cache);
  ASSERT_EQ(large.grow(host_, 40 * kPages), 40 * kPages);
  ASSERT_EQ(mate.grow(host_, 2 * kPages), 2 * kPages);
  while (!own.killed) ASSERT_TRUE(own.fault(host_));
  EXPECT_FALSE(large.killed);
  EXPECT_EQ(mate.pages.resident().value, 0) << "page cache goes first";
  EXPECT_EQ(memcgs()[kA].events.oom_kill, 1);
  EXPECT_EQ(memcgs()[kA].events.oom, 1);
  EXPECT_EQ(events().oom_kill, 1);
  EXPECT_LE(memcgs()[kA].usage, memcgs()[kA].max);
}

// mem_cgroup_out_of_memory without a task: the charge fails, and the kernel lives.
TEST_P(MemoryCgroups, with_nobody_to_kill_a_charge_fails_and_nothing_is_charged) {
  boot_with({{.name = "a", .memory_max = Bytes{kMiB}}}, GetParam());
  Process locked(*mm_, kA, Content::locked);
  EXPECT_EQ(locked.grow(host_, 2 * kPages), kPages);
  EXPECT_EQ(memcgs()[kA].usage.value, kPages);
  EXPECT_EQ(memcgs()[kA].usage, locked.pages.resident());
  EXPECT_EQ(memcgs()[kA].events.oom, 1);
  EXPECT_EQ(memcgs()[kA].events.oom_kill, 0);
  locked.pages.free_all(mm_->nobody());
  EXPECT_EQ(memcgs()[kA].usage.value, 0);
}

TEST_P(MemoryCgroups, a_huge_page_is_charged_as_one_and_not_worth_a_process) {
  boot_with({{.name = "a", .memory_max = Bytes{3 * kMiB}}}, GetParam());
  Process a(*mm_, kA, Content::anon);
  const auto charge = [&](ChargeRule rule) {
    return CountingHost::run(
        memcgs().charge_huge(host_, a.task, PageCount{512}, rule, mm_->nobody()));
  };
  EXPECT_TRUE(charge({}));
  EXPECT_EQ(memcgs()[kA].usage.value, 512);
  EXPECT_FALSE(charge({.may_wait = false}));
  EXPECT_EQ(memcgs()[kA].events.max, 0);
  ASSERT_EQ(a.grow(host_, kPages), kPages);
  EXPECT_FALSE(charge({}));
  EXPECT_GT(memcgs()[kA].events.max, 1);
  EXPECT_FALSE(a.killed);
  memcgs().uncharge(kA, PageCount{512});
}

// overage = (usage - high) * 2^20 / high; jiffies = overage^2 * HZ / 2^34, for each 64 pages: twice
// memory.high is 2^20 * 2^20 * 250 / 2^34 = 16,000 jiffies, 10 % is 160, 1 % is 1.6.
TEST(memcg_high, a_task_sleeps_by_the_square_of_the_share_that_is_too_much) {
  const auto delay = [](std::int64_t usage, std::int64_t pages) {
    return Memcgs::high_delay(PageCount{usage}, PageCount{100'000}, PageCount{pages});
  };
  EXPECT_EQ(delay(100'000, 64), 0);
  EXPECT_EQ(delay(101'000, 64), 1);
  EXPECT_EQ(delay(110'000, 64), 159) << "rounded down";
  EXPECT_EQ(delay(110'000, 128), 318);
  EXPECT_EQ(delay(110'000, 32), 79);
  EXPECT_EQ(delay(200'000, 64), 2 * kHz) << "at most 2 s";
  EXPECT_EQ(Memcgs::high_delay(PageCount{5}, PageCount{0}, PageCount{64}), 2 * kHz);
}

TEST_P(MemoryCgroups, above_memory_high_page_cache_is_reclaimed_and_nobody_sleeps) {
  boot_with({{.name = "a", .memory_high = Bytes{8 * kMiB}}}, GetParam());
  Process a(*mm_, kA, Content::page_cache);
  ASSERT_EQ(a.grow(host_, 32 * kPages), 32 * kPages);
  EXPECT_LE(memcgs()[kA].usage.value, 8 * kPages + 2 * kMemcgChargeBatch);
  EXPECT_GT(memcgs()[kA].events.high, 0);
  EXPECT_EQ(host_.slept, 0);
}

// Without swap reclaim finds nothing: each batch of 64 pages sleeps for what is too much then.
TEST_P(MemoryCgroups, above_memory_high_a_growing_process_is_slowed_down_and_no_other) {
  boot_with({{.name = "a", .memory_high = Bytes{8 * kMiB}}, {.name = "b"}}, GetParam());
  Process a(*mm_, kA, Content::anon);
  Process b(*mm_, kB, Content::anon);
  ASSERT_EQ(b.grow(host_, 16 * kPages), 16 * kPages);
  EXPECT_EQ(host_.slept, 0);
  ASSERT_EQ(a.grow(host_, 16 * kPages), 16 * kPages);
  std::int64_t expected = 0;
  for (std::int64_t usage = 8 * kPages + 64; usage <= 16 * kPages; usage += 64) {
    const std::int64_t d =
        Memcgs::high_delay(PageCount{usage}, PageCount{8 * kPages}, PageCount{64});
    if (d > kHz / 100) expected += d;
  }
  EXPECT_GT(expected, 0);
  EXPECT_EQ(host_.slept, expected);
  EXPECT_EQ(memcgs()[kA].events.high_delay, expected);
  EXPECT_EQ(memcgs()[kB].events.high, 0);
  EXPECT_FALSE(a.killed);
}

TEST_F(MemoryCgroups, memory_low_makes_the_other_lose) {
  boot_with({{.name = "a", .memory_low = Bytes{40 * kMiB}}, {.name = "b"}}, LruGenSetting::off);
  Process a(*mm_, kA, Content::page_cache);
  Process b(*mm_, kB, Content::page_cache);
  ASSERT_EQ(a.grow(host_, 40 * kPages), 40 * kPages);
  ASSERT_EQ(b.grow(host_, 40 * kPages), 40 * kPages);
  Process root(*mm_, {}, Content::anon);
  ASSERT_EQ(root.grow(host_, 60 * kPages), 60 * kPages);
  EXPECT_GT(b.pages.pages_reclaimed().value, 10 * kPages);
  EXPECT_EQ(a.pages.pages_reclaimed().value, 0);
  // Once there is nothing else, it goes too, and that is an event.
  ASSERT_EQ(root.grow(host_, 30 * kPages), 30 * kPages);
  EXPECT_EQ(b.pages.resident().value, 0);
  EXPECT_GT(a.pages.pages_reclaimed().value, 0);
  EXPECT_GT(memcgs()[kA].events.low, 0);
  EXPECT_FALSE(root.killed);
}

// shrink_one: the first look at what is within memory.low puts it behind the others of its
// generation, the second one takes of it.
TEST_F(MemoryCgroups, with_generations_memory_low_spares_once) {
  boot_with({{.name = "a", .memory_low = Bytes{40 * kMiB}}, {.name = "b"}}, LruGenSetting::on);
  Process a(*mm_, kA, Content::page_cache);
  Process b(*mm_, kB, Content::page_cache);
  ASSERT_EQ(a.grow(host_, 40 * kPages), 40 * kPages);
  ASSERT_EQ(b.grow(host_, 40 * kPages), 40 * kPages);
  Process root(*mm_, {}, Content::anon);
  const auto grow_until_reclaim = [&] {
    const std::int64_t before = events().allocstall;
    while (events().allocstall == before) ASSERT_TRUE(root.fault(host_));
  };
  grow_until_reclaim();
  EXPECT_EQ(a.pages.pages_reclaimed().value, 0);
  EXPECT_EQ(b.pages.pages_reclaimed().value, kMinLruBatch);
  EXPECT_EQ(memcgs()[kA].events.low, 0);
  grow_until_reclaim();
  EXPECT_EQ(a.pages.pages_reclaimed().value, kMinLruBatch);
  EXPECT_EQ(b.pages.pages_reclaimed().value, kMinLruBatch);
  EXPECT_EQ(memcgs()[kA].events.low, 1);
}

TEST_P(MemoryCgroups, equals_lose_alike) {
  boot_with({{.name = "a"}, {.name = "b"}}, GetParam());
  Process a(*mm_, kA, Content::page_cache);
  Process b(*mm_, kB, Content::page_cache);
  ASSERT_EQ(a.grow(host_, 40 * kPages), 40 * kPages);
  ASSERT_EQ(b.grow(host_, 40 * kPages), 40 * kPages);
  Process root(*mm_, {}, Content::anon);
  ASSERT_EQ(root.grow(host_, 70 * kPages), 70 * kPages);
  // A task stops within a round: the order in which it comes to them counts a little.
  const std::int64_t lost_a = a.pages.pages_reclaimed().value;
  const std::int64_t lost_b = b.pages.pages_reclaimed().value;
  EXPECT_GT(lost_a + lost_b, 20 * kPages);
  EXPECT_LT(lost_a, 2 * lost_b);
  EXPECT_LT(lost_b, 2 * lost_a);
}

// scan = size - size * low / (usage + 1): of a cache that is protected to three quarters, a quarter
// is looked at.
TEST_F(MemoryCgroups, above_memory_low_the_classic_lists_lose_in_proportion) {
  boot_with({{.name = "a", .memory_low = Bytes{30 * kMiB}}, {.name = "b"}}, LruGenSetting::off);
  Process a(*mm_, kA, Content::page_cache);
  Process b(*mm_, kB, Content::page_cache);
  ASSERT_EQ(a.grow(host_, 40 * kPages), 40 * kPages);
  ASSERT_EQ(b.grow(host_, 40 * kPages), 40 * kPages);
  Process root(*mm_, {}, Content::anon);
  ASSERT_EQ(root.grow(host_, 60 * kPages), 60 * kPages);
  EXPECT_GT(a.pages.pages_reclaimed().value, 0);
  EXPECT_LT(a.pages.pages_reclaimed().value, b.pages.pages_reclaimed().value);
  EXPECT_GE(a.pages.resident().value, 30 * kPages);
  EXPECT_EQ(memcgs()[kA].events.low, 0);
}

TEST_P(MemoryCgroups, memory_swap_max_bounds_what_is_in_swap_and_comes_back_with_the_process) {
  boot_with({{.name = "a", .memory_max = Bytes{8 * kMiB}, .memory_swap_max = Bytes{2 * kMiB}}},
            GetParam(), Bytes{64 * kMiB});
  Process a(*mm_, kA, Content::anon);
  std::int64_t most = 0;
  while (!a.killed && most < 64 * kPages) {
    most = a.pages.resident().value + a.pages.missing().value;
    ASSERT_TRUE(a.fault(host_));
    ASSERT_LE(memcgs()[kA].swap.value, 2 * kPages);
  }
  EXPECT_TRUE(a.killed);
  EXPECT_LE(most, 10 * kPages);
  a.pages.free_all(mm_->nobody());
  EXPECT_EQ(memcgs()[kA].swap.value, 0);
  EXPECT_EQ(mm_->reclaim().writeback().swap_free(), mm_->reclaim().writeback().swap_total());
}

TEST_F(MemoryCgroups, a_partial_walk_goes_on_where_the_last_one_stopped) {
  boot_with({{.name = "a"}, {.name = "b"}}, LruGenSetting::off);
  const auto walk = [] { return MemcgWalk{{}, kNode, true}; };
  MemcgWalk first = walk();
  EXPECT_EQ(memcgs().next(first), MemcgId{});
  EXPECT_EQ(memcgs().next(first), kA);
  MemcgWalk second = walk();
  EXPECT_EQ(memcgs().next(second), kB);
  EXPECT_EQ(memcgs().next(second), std::nullopt) << "a round ends at the end of the tree";
  EXPECT_EQ(memcgs().next(first), std::nullopt) << "also for who began it";
  MemcgWalk third = walk();
  EXPECT_EQ(memcgs().next(third), MemcgId{});
  MemcgWalk whole{{}, kNode};
  for (const MemcgId id : {MemcgId{}, kA, kB}) EXPECT_EQ(memcgs().next(whole), id);
  EXPECT_EQ(memcgs().next(whole), std::nullopt);
  MemcgWalk own{kB, kNode, true};
  EXPECT_EQ(memcgs().next(own), kB);
  EXPECT_EQ(memcgs().next(own), std::nullopt);
}

TEST(memcg_lru, generations_of_cgroups_follow_each_other) {
  MemcgLru order;
  order.add(kA);
  order.add(kB);
  using Ids = std::vector<MemcgId>;
  const std::size_t first = order.oldest();
  order.rotate({}, MemcgOp::tail);
  EXPECT_EQ(order.of(first), (Ids{kA, kB, {}}));
  EXPECT_TRUE(order.at_tail({}));
  order.rotate(kA, MemcgOp::young);
  order.rotate({}, MemcgOp::young);
  EXPECT_EQ(order.of(first), (Ids{kB}));
  EXPECT_EQ(order.oldest(), first);
  EXPECT_FALSE(order.at_tail({}));
  order.rotate(kB, MemcgOp::young);
  EXPECT_NE(order.oldest(), first) << "the last one has left";
  EXPECT_EQ(order.of(order.oldest()), (Ids{kA, {}, kB}));
}

// Whatever happens, each cgroup is charged for the pages that it has and what its task has charged
// ahead, never more than its limit, and the lists of all cgroups are those of the node.
RC_GTEST_PROP(memcg, charges_add_up_through_random_lives, ()) {
  machine::Description m;
  m.nodes = {{Bytes{32 * kMiB}, 2}, {Bytes{32 * kMiB}, 2}};
  m.distance = {{10, 20}, {20, 10}};
  KernelConfig config;
  config.reserved_memory = Bytes{4 * kMiB};
  config.swap = Bytes{*rc::gen::element<std::int64_t>(0, 16) * kMiB};
  config.lru_gen = *rc::gen::element(LruGenSetting::off, LruGenSetting::on);
  Mm mm(boot(m, config), config, KernelProfile{});
  Memcgs& memcgs = mm.reclaim().memcgs();
  memcgs.create({.name = "a", .memory_max = Bytes{*rc::gen::inRange<std::int64_t>(1, 20) * kMiB}});
  memcgs.create({.name = "b",
                 .memory_high = Bytes{8 * kMiB},
                 .memory_low = Bytes{*rc::gen::inRange<std::int64_t>(0, 20) * kMiB},
                 .memory_swap_max = Bytes{2 * kMiB}});
  CountingHost host;
  std::vector<std::unique_ptr<Process>> all;
  for (const MemcgId id : {MemcgId{}, kA, kB})
    for (const Content c : {Content::page_cache, Content::mapped_file, Content::anon})
      all.push_back(std::make_unique<Process>(mm, id, c));
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    Process& p = *all[*rc::gen::inRange<std::size_t>(0, all.size())];
    const int what = *rc::gen::inRange(0, 6);
    if (what < 3) {
      p.grow(host, *rc::gen::inRange(1, 1500));
    } else if (!p.extents.empty()) {
      const std::size_t at = *rc::gen::inRange<std::size_t>(0, p.extents.size());
      const Population::Extent e = p.extents[at];
      if (what == 3) {
        p.pages.touch(e, *rc::gen::arbitrary<bool>());
      } else if (what == 4) {
        p.pages.free(e, mm.nobody());
        p.extents.erase(p.extents.begin() + static_cast<std::ptrdiff_t>(at));
      } else if (p.pages.missing(e).value > 0) {
        p.fault(host, e);
      }
    }
    for (const MemcgId id : {kA, kB}) {
      PageCount has;
      for (const auto& q : all)
        if (q->memcg() == id) has += q->pages.resident() + q->task.stock();
      RC_ASSERT(memcgs[id].usage == has);
      RC_ASSERT(memcgs[id].usage <= memcgs[id].max);
      RC_ASSERT(memcgs[id].swap <= memcgs[id].swap_max);
    }
    memcgs.validate();
    for (std::size_t l = 0; l < kLruLists; ++l) {
      const auto list = static_cast<LruList>(l);
      PageCount sum;
      for (const MemcgId id : {MemcgId{}, kA, kB}) sum += mm.lru().size(LruVec{kNode, id}, list);
      RC_ASSERT(mm.lru().size(kNode, list) == sum);
    }
  }
  all.clear();
  for (const MemcgId id : {kA, kB}) {
    RC_ASSERT(memcgs[id].usage.value == 0);
    RC_ASSERT(memcgs[id].swap.value == 0);
  }
  mm.validate();
}

}  // namespace
}  // namespace mhp::kernel::memcg_test
