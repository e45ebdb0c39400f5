// The slow path's decisions, kswapd, direct reclaim and the OOM killer on small machines, with the
// classic lists where they tell.
#include "sim/kernel/mm/reclaim/reclaim.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/threads_host.hpp"

namespace mhp::kernel::reclaim_test {
namespace {

constexpr NodeId kNode{0};

/// A task that holds memory of its own.
class Victim final : public OomTask {
 public:
  Victim(Mm& mm, std::int64_t adj = 0) : memory(mm, Content::anon), adj_(adj) {
    mm_ = &mm;
    mm.reclaim().oom_killer().add(*this);
  }
  ~Victim() override { mm_->reclaim().oom_killer().remove(*this); }
  PageCount oom_pages() const override { return memory.resident(); }
  const NodeMask* bound_nodes() const override { return bound.empty() ? nullptr : &bound; }
  std::int64_t oom_score_adj() const override { return adj_; }
  void oom_kill(Receipt& receipt) override {
    killed = true;
    memory.free_all(receipt);
  }
  bool oom_dying() const override { return false; }

  Population memory;
  NodeMask bound;
  bool killed = false;

 private:
  Mm* mm_ = nullptr;
  std::int64_t adj_;
};

class Pressure : public ::testing::Test {
 protected:
  explicit Pressure(std::int64_t mib = 128, Bytes swap = Bytes{0}, std::int64_t requests = 256) {
    machine::Description m;
    m.nodes = {{Bytes{mib * kMiB}, 2}};
    m.distance = {{10}};
    config_.swap = swap;
    config_.lru_gen = LruGenSetting::off;
    config_.writeback_requests = requests;
    mm_ = std::make_unique<Mm>(boot(m, config_), config_, KernelProfile{});
  }

  Zone& dma32() { return mm_->zone(kNode, ZoneType::dma32); }
  static AllocRequest user(int order = 0) {
    return {
        .node = kNode, .order = order, .type = MigrateType::movable, .highest = ZoneType::movable};
  }
  std::optional<Allocation> alloc(AllocRequest rq) {
    return CountingHost::run(mm_->alloc_pages(host_, rq, mm_->nobody()));
  }
  /// Takes single pages until the fast and the atomic-free path refuse.
  void fill(Population& p, int order = 0) {
    while (const auto got = mm_->alloc_pages(user(order), mm_->nobody())) p.add(*got, order);
  }
  const VmEvents& events() { return mm_->reclaim().events(); }

  KernelConfig config_;
  std::unique_ptr<Mm> mm_;
  CountingHost host_;
};

// Free pages, less those that the request must leave whole, against the mark and the reserve; the
// mark counts half for a dying task, 3/8 for an atomic request (a half, then a quarter less, each
// rounded in the kernel's way).
RC_GTEST_PROP(watermark_ok, is_the_rule_for_every_flag, ()) {
  Zone zone;
  const int blocks = *rc::gen::inRange(0, 40);
  for (int i = 0; i < blocks; ++i) {
    const int order = *rc::gen::inRange(0, 11);
    zone.buddy.append({Pfn{i * 4096}, Pfn{i * 4096 + (1 << order)}});
  }
  AllocRequest rq;
  rq.order = *rc::gen::inRange(0, 11);
  rq.atomic = *rc::gen::arbitrary<bool>();
  rq.oom_victim = *rc::gen::arbitrary<bool>();
  rq.highest = *rc::gen::element(ZoneType::dma32, ZoneType::normal, ZoneType::movable);
  zone.lowmem_reserve = {PageCount{0}, PageCount{3}, PageCount{50}, PageCount{400}, PageCount{0}};
  const PageCount mark{*rc::gen::inRange<std::int64_t>(0, 3000)};

  std::int64_t must_stay = mark.value;
  if (rq.atomic) must_stay = must_stay - must_stay / 2 - (must_stay - must_stay / 2) / 4;
  if (rq.oom_victim) must_stay = (must_stay + 1) / 2;
  must_stay += zone.lowmem_reserve[static_cast<std::size_t>(rq.highest)].value;
  // At the edge, one page to either side of it, or anywhere.
  const std::int64_t edge = must_stay + (1 << rq.order);
  const PageCount free{*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(edge - 2, edge + 3),
                                       rc::gen::inRange<std::int64_t>(0, 6000))};
  bool large_enough = false;
  for (int o = rq.order; o <= kMaxOrder; ++o) large_enough |= zone.buddy.free_blocks(o) > 0;
  const bool expected = free.value - (1 << rq.order) + 1 > must_stay && (large_enough);
  RC_ASSERT(Mm::watermark_ok(zone, mark, rq, free) == expected);
}

TEST_F(Pressure, clean_page_cache_gives_way_to_whoever_may_wait) {
  Population cache(*mm_, Content::page_cache);
  fill(cache);
  ASSERT_FALSE(mm_->alloc_pages(user(), mm_->nobody())) << "down at min";
  const PageCount before = cache.resident();
  EXPECT_TRUE(alloc(user()));
  EXPECT_EQ(events().allocstall, 1);
  EXPECT_EQ(events().pgsteal_direct, (before - cache.resident()).value);
  EXPECT_GE(events().pgsteal_direct, 32) << "at least SWAP_CLUSTER_MAX";
  EXPECT_EQ(events().pgscan_direct, events().pgsteal_direct) << "unused pages go at first sight";
  EXPECT_EQ(events().oom_kill, 0);
  EXPECT_EQ(host_.spent(Primitive::page_reclaim), events().pgsteal_direct);
  EXPECT_EQ(host_.spent(Primitive::page_unmap), 0);
  mm_->validate();
}

// Second chance: what was used since it was last looked at is kept once (mapped), and the rest goes
// in the order in which it came.
TEST_F(Pressure, the_oldest_unused_pages_go_first) {
  Population cache(*mm_, Content::page_cache);
  Population rest(*mm_, Content::locked);
  fill(cache, 5);
  fill(rest);
  for (Population::Extent e = 0; e < 3; ++e) {
    cache.touch(e);
    cache.touch(e);  // the second use activates
  }
  ASSERT_TRUE(alloc(user()));
  for (Population::Extent e = 0; e < 3; ++e) EXPECT_EQ(cache.missing(e).value, 0) << e;
  EXPECT_EQ(cache.missing(3).value, 32);
  for (Population::Extent e = 4; e < cache.extents(); ++e)
    EXPECT_TRUE(cache.missing(e).value == 0 || cache.missing(e - 1).value == 32) << e;
}

/// Half a machine's memory is page cache in use, half is anonymous; there is swap.
class Swappiness : public Pressure {
 protected:
  Swappiness() : Pressure(128, Bytes{kGiB}) {}
  /// Pages of each kind that reclaim looks at for a few requests.
  std::pair<std::int64_t, std::int64_t> anon_and_file(std::int64_t swappiness) {
    config_.swappiness = swappiness;
    machine::Description m;
    m.nodes = {{Bytes{128 * kMiB}, 2}};
    m.distance = {{10}};
    mm_ = std::make_unique<Mm>(boot(m, config_), config_, KernelProfile{});
    Population cache(*mm_, Content::page_cache), anon(*mm_, Content::anon);
    for (int i = 0; i < 14'000; ++i) {
      const auto e = cache.add(*mm_->alloc_pages(user(), mm_->nobody()), 0);
      cache.touch(e);
      cache.touch(e);
    }
    fill(anon);
    for (int i = 0; i < 4000; ++i) EXPECT_TRUE(alloc(user()));
    return {events().pgscan_anon, events().pgscan_file};
  }
};

// get_scan_count: in the ratio of swappiness to what is left of 200, until costs are known.
TEST_F(Swappiness, says_how_much_of_each_kind_is_looked_at) {
  const auto [few, much] = anon_and_file(10);
  EXPECT_LT(few, much);
  const auto [many, little] = anon_and_file(190);
  EXPECT_GT(many, little);
}

TEST_F(Pressure, mapped_pages_in_use_are_kept_once_and_then_activated) {
  Population mapped(*mm_, Content::mapped_file);
  fill(mapped);
  ASSERT_TRUE(alloc(user()));
  EXPECT_GT(events().pgscan_direct, events().pgsteal_direct)
      << "fresh mappings have their accessed bit set";
  EXPECT_GT(host_.spent(Primitive::page_unmap), 0);
  mm_->validate();
}

TEST_F(Pressure, requests_that_may_not_wait_reclaim_nothing) {
  Population cache(*mm_, Content::page_cache);
  fill(cache);
  AllocRequest rq = user();
  rq.direct_reclaim = false;
  EXPECT_FALSE(alloc(rq));
  EXPECT_EQ(events().pgscan(), 0);
  EXPECT_EQ(events().alloc_fail, 1);
  rq.atomic = true;
  EXPECT_TRUE(alloc(rq)) << "an atomic request goes below min";
}

// oom_badness: the most pages; a request that may fail never gets there, nor does one for a single
// node or of a costly order.
TEST_F(Pressure, the_oom_killer_takes_the_largest_and_only_for_requests_that_must_succeed) {
  Victim small(*mm_);
  Victim large(*mm_);
  for (int i = 0; i < 100; ++i) small.memory.add(*mm_->alloc_pages(user(), mm_->nobody()), 0);
  fill(large.memory);
  for (const auto& [retry, this_node, order] : {std::tuple{Retry::mayfail, false, 0},
                                                {Retry::noretry, false, 0},
                                                {Retry::normal, true, 0},
                                                {Retry::normal, false, 4}}) {
    AllocRequest rq = user(order);
    rq.retry = retry;
    rq.this_node = this_node;
    EXPECT_FALSE(alloc(rq));
    EXPECT_EQ(events().oom_kill, 0);
  }
  EXPECT_TRUE(alloc(user()));
  EXPECT_TRUE(large.killed);
  EXPECT_FALSE(small.killed);
  EXPECT_EQ(events().oom_kill, 1);
  mm_->validate();
}

// CONSTRAINT_MEMORY_POLICY: who is bound to other nodes is no victim, who is not bound at all is
// one.
TEST_F(Pressure, a_bound_request_kills_nobody_who_is_bound_elsewhere) {
  machine::Description m;
  m.nodes = {{Bytes{64 * kMiB}, 2}, {Bytes{64 * kMiB}, 2}};
  m.distance = {{10, 20}, {20, 10}};
  mm_ = std::make_unique<Mm>(boot(m, config_), config_, KernelProfile{});
  Victim elsewhere(*mm_);
  Victim here(*mm_);
  elsewhere.bound = {false, true};
  here.bound = {true, true};
  const NodeMask first{true};
  const NodeMask second{false, true};
  const auto fill_on = [&](const NodeMask& nodes, Victim& victim) {
    AllocRequest rq = user();
    rq.nodemask = &nodes;
    while (const auto got = mm_->alloc_pages(rq, mm_->nobody())) victim.memory.add(*got, 0);
  };
  fill_on(second, elsewhere);
  fill_on(first, here);
  here.memory.free(0, mm_->nobody());
  fill_on(first, here);
  AllocRequest rq = user();
  rq.nodemask = &first;
  EXPECT_TRUE(alloc(rq));
  EXPECT_TRUE(here.killed);
  EXPECT_FALSE(elsewhere.killed) << "though it is as large";
  EXPECT_EQ(events().oom_kill_memory_policy, 1);
  EXPECT_EQ(events().oom_free_movable, -1) << "movable pages were asked for";
  fill_on(first, here);
  EXPECT_FALSE(alloc({.node = kNode, .retry = Retry::noretry}));
  EXPECT_TRUE(alloc({.node = kNode}));
  EXPECT_EQ(events().oom_free_movable, 0);
  EXPECT_EQ(events().oom_kill_memory_policy, 1) << "of two kills";
  EXPECT_EQ(events().oom_kill, 2);
}

TEST_F(Pressure, oom_score_adj_protects_and_condemns) {
  Victim exempt(*mm_, -1000);
  Victim condemned(*mm_, 1000);
  condemned.memory.add(*mm_->alloc_pages(user(), mm_->nobody()), 0);
  fill(exempt.memory);
  // Its one page is not enough, and the exempt task stays: the request fails.
  alloc(user());
  EXPECT_TRUE(condemned.killed);
  EXPECT_FALSE(exempt.killed);
}

TEST_F(Pressure, anonymous_memory_is_not_reclaimed_without_swap) {
  Population anon(*mm_, Content::anon);
  fill(anon);
  EXPECT_FALSE(alloc(user()));
  EXPECT_EQ(events().pgscan(), 0);
  EXPECT_EQ(anon.pages_reclaimed().value, 0);
}

/// The same with kswapd and writeback at work.
class Background : public Pressure {
 protected:
  Background() : Background(Bytes{0}) {}
  /// One request at a time: where nothing takes time, kswapd would else give up before the first is
  /// written.
  explicit Background(Bytes swap) : Pressure(128, swap, 1) {
    mm_->reclaim().set_waker(&threads_);
    kswapd_ = mm_->reclaim().kswapd(threads_, kNode);
    writeback_ = mm_->reclaim().writeback().run(threads_);
    kswapd_.start();
    writeback_.start();
  }
  ~Background() override { mm_->reclaim().set_waker(nullptr); }

  ThreadsHost threads_;
  Task<void> kswapd_;
  Task<void> writeback_;
};

// It is woken when low fails, and stops as soon as a zone that the request can use stands above
// high: at most one batch of 32 beyond.
TEST_F(Background, kswapd_fills_up_to_the_high_watermark_and_sleeps) {
  Population cache(*mm_, Content::page_cache);
  EXPECT_EQ(threads_.asleep(), 2U);
  while (const auto got = mm_->alloc_pages_fast(user(), mm_->nobody())) cache.add(*got, 0);
  EXPECT_EQ(events().kswapd_wakeups, 0);
  cache.add(*mm_->alloc_pages(user(), mm_->nobody()), 0);
  EXPECT_EQ(events().kswapd_wakeups, 1);
  threads_.settle();
  EXPECT_EQ(threads_.asleep(), 2U);
  const std::int64_t reserve = dma32().lowmem_reserve[3].value;
  const std::int64_t free = dma32().buddy.free_pages().value;
  EXPECT_GT(free, dma32().watermark.high.value + reserve);
  // One round reclaims a priority's share of the list before it looks at the watermark again.
  EXPECT_LE(free, 2 * dma32().watermark.high.value + 32);
  EXPECT_EQ(events().pgsteal_kswapd, cache.pages_reclaimed().value);
  EXPECT_EQ(events().allocstall, 0);
  mm_->validate();
}

TEST_F(Background, an_idle_machine_shows_nothing) {
  Population cache(*mm_, Content::page_cache);
  for (int i = 0; i < 1000; ++i) cache.add(*mm_->alloc_pages(user(), mm_->nobody()), 0);
  threads_.settle();
  EXPECT_EQ(events().kswapd_wakeups + events().pgscan() + events().allocstall, 0);
}

TEST_F(Background, kswapd_gives_up_after_16_failures_until_something_can_be_reclaimed) {
  Population locked(*mm_, Content::locked);
  fill(locked);
  threads_.settle();
  EXPECT_TRUE(mm_->reclaim().kswapd_hopeless(kNode));
  EXPECT_EQ(events().pageoutrun, 16);
  EXPECT_EQ(events().kswapd_wakeups, 1);
  EXPECT_FALSE(mm_->alloc_pages(user(), mm_->nobody()));
  EXPECT_EQ(events().kswapd_wakeups, 1) << "a hopeless node is not woken";
}

// Dirty pages are written first, and then the next to go.
TEST_F(Background, dirty_page_cache_is_written_before_it_is_reclaimed) {
  Population cache(*mm_, Content::page_cache);
  while (const auto got = mm_->alloc_pages_fast(user(), mm_->nobody())) cache.add(*got, 0, true);
  mm_->alloc_pages(user(), mm_->nobody());
  threads_.settle();
  EXPECT_GT(events().nr_vmscan_write, 0);
  EXPECT_EQ(threads_.spent(Primitive::writeback_page), events().nr_vmscan_write);
  EXPECT_GT(events().pgsteal_kswapd, 0);
  EXPECT_EQ(threads_.asleep(), 2U);
  EXPECT_FALSE(mm_->reclaim().kswapd_hopeless(kNode));
  mm_->validate();
}

/// Half of the page cache free, in blocks of 16 pages, and all of the movable kind.
void leave_holes(Mm& mm, Population& cache) {
  for (Population::Extent e = 0; e < cache.extents(); e += 2) cache.free(e, mm.nobody());
}

// A request of another kind claims a pageblock: though nothing is short, kswapd frees a pageblock's
// worth and has memory compacted. It writes nothing for that.
TEST_F(Background, kswapd_reclaims_what_a_claimed_pageblock_boosts) {
  Population cache(*mm_, Content::page_cache);
  while (const auto got = mm_->alloc_pages_fast(user(4), mm_->nobody()))
    cache.add(*got, 4, cache.extents() % 8 == 3);
  leave_holes(*mm_, cache);
  mm_->drain_all_pages(mm_->nobody());
  const PageCount held = cache.resident();
  ASSERT_TRUE(mm_->alloc_pages_fast({.node = kNode}, mm_->nobody()));
  EXPECT_EQ(dma32().watermark_boost.value, kPageblockPages);
  EXPECT_EQ(events().kswapd_wakeups, 1);
  threads_.settle();
  EXPECT_EQ(dma32().watermark_boost.value, 0);
  EXPECT_EQ(events().pageoutrun, 1);
  EXPECT_GE((held - cache.resident()).value, kPageblockPages);
  EXPECT_EQ(events().nr_vmscan_write, 0);
  EXPECT_FALSE(mm_->reclaim().kswapd_hopeless(kNode));
  mm_->validate();
}

// Nothing to reclaim: the boost goes all the same, and this was one run in vain.
TEST_F(Background, a_boost_that_cannot_be_reclaimed_is_given_up) {
  Population locked(*mm_, Content::locked);
  while (const auto got = mm_->alloc_pages_fast(user(4), mm_->nobody())) locked.add(*got, 4);
  leave_holes(*mm_, locked);
  mm_->drain_all_pages(mm_->nobody());
  ASSERT_TRUE(mm_->alloc_pages_fast({.node = kNode}, mm_->nobody()));
  threads_.settle();
  EXPECT_EQ(events().pageoutrun, 1);
  EXPECT_EQ(events().pgsteal(), 0);
  EXPECT_EQ(dma32().watermark_boost.value, 0);
}

// Without kswapd nobody would lower the watermarks again.
TEST_F(Pressure, no_threads_no_boost) {
  Population cache(*mm_, Content::page_cache);
  while (const auto got = mm_->alloc_pages_fast(user(4), mm_->nobody())) cache.add(*got, 4);
  leave_holes(*mm_, cache);
  mm_->drain_all_pages(mm_->nobody());
  ASSERT_TRUE(mm_->alloc_pages_fast({.node = kNode}, mm_->nobody()));
  EXPECT_EQ(dma32().watermark_boost.value, 0);
}

class Swapping : public Background {
 protected:
  Swapping() : Background(Bytes{64 * kMiB}) {}
};

// Every page that left went to swap, and swap has no more room than it has.
TEST_F(Swapping, anonymous_memory_goes_to_swap_and_comes_back) {
  auto anon = std::make_unique<Population>(*mm_, Content::anon);
  while (const auto got = mm_->alloc_pages_fast(user(), mm_->nobody())) anon->add(*got, 0);
  mm_->alloc_pages(user(), mm_->nobody());
  threads_.settle();
  EXPECT_GT(events().pswpout, 0);
  ASSERT_GT(anon->pages_reclaimed().value, 0);
  EXPECT_LE(anon->pages_reclaimed().value, events().pswpout);
  const PageCount swap = mm_->reclaim().writeback().swap_free();
  EXPECT_EQ((pages_of(Bytes{64 * kMiB}) - swap).value, events().pswpout);
  Population::Extent out = 0;
  while (anon->missing(out).value == 0) ++out;
  anon->add_to(out, *mm_->alloc_pages(user(), mm_->nobody()), 0);
  EXPECT_EQ(events().pswpin, 1);
  EXPECT_EQ((mm_->reclaim().writeback().swap_free() - swap).value, 1);
  anon->free_all(mm_->nobody());
  EXPECT_EQ(mm_->reclaim().writeback().swap_free(), pages_of(Bytes{64 * kMiB}))
      << "all slots come back";
  mm_->validate();
}

// Whatever happens, no page is lost: random allocations, uses and frees of all kinds.
RC_GTEST_PROP(pressure, conserves_pages_and_swap, ()) {
  machine::Description m;
  m.nodes = {{Bytes{64 * kMiB}, 2}, {Bytes{64 * kMiB}, 2}};
  m.distance = {{10, 20}, {20, 10}};
  KernelConfig config;
  config.swap = Bytes{*rc::gen::element<std::int64_t>(0, 1, 16) * kMiB};
  config.lru_gen = *rc::gen::element(LruGenSetting::on, LruGenSetting::off);
  Mm mm(boot(m, config), config, {});
  ThreadsHost host;
  mm.reclaim().set_waker(&host);
  std::vector<Task<void>> threads;
  for (int n = 0; n < 2; ++n) threads.push_back(mm.reclaim().kswapd(host, NodeId{n}));
  threads.push_back(mm.reclaim().writeback().run(host));
  for (auto& t : threads) t.start();
  const PageCount free = mm.mem_free();
  {
    std::vector<std::unique_ptr<Population>> all;
    for (const Content c : {Content::anon, Content::mapped_file, Content::page_cache})
      all.push_back(std::make_unique<Population>(mm, c));
    CountingHost task;
    for (int i = 0; i < 400; ++i) {
      Population& p = *all[*rc::gen::inRange<std::size_t>(0, 3)];
      const int what = *rc::gen::inRange(0, 10);
      const int order = *rc::gen::element(0, 3, 9);
      const NodeId node{*rc::gen::inRange(0, 2)};
      if (what < 7) {
        const auto got = CountingHost::run(mm.alloc_pages(task,
                                                          {.node = node,
                                                           .order = order,
                                                           .type = MigrateType::movable,
                                                           .highest = ZoneType::movable,
                                                           .retry = Retry::noretry,
                                                           .kthread = true},
                                                          mm.nobody()));
        if (got) p.add(*got, order, *rc::gen::arbitrary<bool>());
      } else if (p.extents() > 0) {
        const auto e =
            *rc::gen::inRange<Population::Extent>(0, static_cast<Population::Extent>(p.extents()));
        if (what < 9)
          p.touch(e, what == 8);
        else if (p.resident(e).value + p.missing(e).value > 0)
          p.free(e, mm.nobody());
      }
      host.settle();
      mm.check_conservation();
    }
    PageCount resident;
    for (const auto& p : all) resident += p->resident();
    RC_ASSERT(free - mm.mem_free() == resident);
  }
  mm.validate();
  RC_ASSERT(mm.mem_free() == free);
  RC_ASSERT(mm.reclaim().writeback().swap_free() == pages_of(config.swap));
  mm.reclaim().set_waker(nullptr);
}

}  // namespace
}  // namespace mhp::kernel::reclaim_test
