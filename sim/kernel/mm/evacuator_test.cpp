// Offlining and ranges that are taken as a whole when nothing is free: what has to move gets its
// place by reclaim.
#include "sim/kernel/mm/evacuator.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/lock_watch.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel::evacuator_test {
namespace {

constexpr NodeId kNode{0};
constexpr std::int64_t kBlock = 32768;

/// Counts the ticks that are slept, and kills the task after so many.
template <class Base>
class Patience final : public Base, public TaskSignals {
 public:
  template <class... Args>
  explicit Patience(std::int64_t ticks, Args&... args) : Base(args...), left_(ticks) {}
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    if (step.kind == Step::Kind::wait &&
        step.what == static_cast<std::uint16_t>(Condition::timeout))
      left_ -= step.count;
    return Base::perform(step, resume);
  }
  bool pending() const override { return left_ <= 0; }
  std::int64_t left() const { return left_; }

 private:
  std::int64_t left_;
};

/// One node with boot memory and added memory, all in one zone each.
class Evacuating : public ::testing::Test {
 protected:
  void boot_with(Bytes memory, Bytes added, OnlineType type = OnlineType::online_movable,
                 LruGenSetting generations = LruGenSetting::as_built) {
    KernelConfig config;
    config.lru_gen = generations;
    machine::Description machine;
    machine.nodes = {{memory, 2}};
    machine.distance = {{10}};
    boot_ = boot(machine, {});
    mm_ = std::make_unique<Mm>(boot_, config, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, KernelConfig{});
    range_ = {pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{64 * kGiB} + added)};
    CountingHost host;
    ASSERT_EQ(run(hotplug_->add(host, {kNode, range_})).status, Status::ok);
    for (Pfn p = range_.start; p < range_.end; p += hotplug_->block_pages())
      ASSERT_EQ(run(hotplug_->online(host, hotplug_->block_of(p), type)).status, Status::ok);
    mm_->account_work();
  }
  /// Fills what is free, down to `min`.
  PageCount fill(Population& with, int order = 0, PageCount most = PageCount{1 << 30}) {
    PageCount got;
    const AllocRequest rq{
        .node = kNode, .order = order, .type = MigrateType::movable, .highest = ZoneType::movable};
    while (got < most) {
      const auto page = mm_->alloc_pages(rq, mm_->nobody());
      if (!page) break;
      with.add(*page, order);
      got += PageCount{std::int64_t{1} << order};
    }
    return got;
  }
  OpResult offline(Host& host, std::int64_t block, EvacuationTask task = {}) {
    return run(hotplug_->offline(
        host, hotplug_->block_of(range_.start + hotplug_->block_pages() * block), task));
  }
  PageCount used_in(std::int64_t block) const {
    const Pfn start = range_.start + PageCount{kBlock * block};
    return mm_->reclaim().migration().lru_pages_in({start, start + PageCount{kBlock}});
  }
  PageCount isolated() const {
    return mm_->lru().isolated(kNode, true) + mm_->lru().isolated(kNode, false);
  }
  template <class T>
  static T run(Task<T> task) {
    return CountingHost::run(std::move(task));
  }

  PfnRange range_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
};

// Every page that moves takes one that was free or was reclaimed: moved = reclaimed + fall of free
// memory outside the block.
TEST_F(Evacuating, of_memory_full_of_page_cache_drops_as_many_pages_as_move) {
  boot_with(Bytes{2 * kGiB}, Bytes{512 * kMiB});
  Population cache(*mm_, Content::page_cache);
  const PageCount filled = fill(cache);
  CountingHost host;
  for (std::int64_t block = 3; block >= 0; --block) {
    const VmEvents before = mm_->reclaim().events();
    const std::int64_t moved_before = hotplug_->counters().pages_migrated;
    const PageCount used = used_in(block);
    const PageCount own_free = PageCount{kBlock} - used;
    const PageCount free = mm_->mem_free() - own_free;
    EXPECT_EQ(offline(host, block).status, Status::ok);
    const std::int64_t moved = hotplug_->counters().pages_migrated - moved_before;
    const std::int64_t reclaimed = mm_->reclaim().events().pgsteal() - before.pgsteal();
    EXPECT_EQ(moved, used.value);
    EXPECT_GT(reclaimed, moved * 9 / 10);
    EXPECT_EQ(moved, reclaimed + (free - mm_->mem_free()).value);
    EXPECT_EQ(mm_->reclaim().events().pgmigrate_success - before.pgmigrate_success, moved);
    EXPECT_EQ(mm_->reclaim().events().oom_kill, 0);
    EXPECT_EQ(isolated().value, 0);
    mm_->validate();
  }
  EXPECT_EQ(cache.resident() + cache.pages_reclaimed(), filled);
  EXPECT_EQ(hotplug_->counters().pages_reclaimed, cache.pages_reclaimed().value);
}

// Without swap nothing can be had: the model answers where the kernel goes on.
TEST_F(Evacuating, of_anonymous_memory_without_swap_finds_no_room) {
  boot_with(Bytes{512 * kMiB}, Bytes{256 * kMiB});
  Population anon(*mm_, Content::anon);
  const PageCount filled = fill(anon);
  CountingHost host;
  const OpResult stays = offline(host, 1);
  EXPECT_EQ(stays.status, Status::ebusy);
  EXPECT_NE(stays.reason.find("found no room elsewhere"), std::string::npos) << stays.reason;
  EXPECT_EQ(anon.resident(), filled);
  EXPECT_EQ(isolated().value, 0);
  EXPECT_GT(mm_->reclaim().events().pgmigrate_fail, 0);
  EXPECT_EQ(mm_->reclaim().events().oom_kill, 0);
  mm_->validate();
}

// With the classic lists. A block has 32,768 pages, 196,608 pages of memory an eighth of 24,576:
// too many isolated. There is no kswapd here: what the process waits for does not come, until it is
// killed.
TEST_F(Evacuating, by_a_process_waits_as_it_has_too_many_pages_isolated_itself) {
  boot_with(Bytes{512 * kMiB}, Bytes{256 * kMiB}, OnlineType::online_movable, LruGenSetting::off);
  Population cache(*mm_, Content::page_cache);
  const PageCount filled = fill(cache);
  Patience<CountingHost> host(1000);
  const OpResult killed = offline(host, 1, {.workqueue = false, .signals = &host});
  EXPECT_EQ(killed.status, Status::eintr);
  EXPECT_NE(killed.reason.find("does not end"), std::string::npos) << killed.reason;
  EXPECT_NE(killed.reason.find("isolated"), std::string::npos) << killed.reason;
  EXPECT_LE(host.left(), 0);
  EXPECT_GE(host.left(), -100) << "it waits five ticks at a time, and soon ends";
  EXPECT_EQ(cache.resident(), filled) << "it has reclaimed nothing";
  EXPECT_EQ(isolated().value, 0);
  mm_->validate();
}

// With eight times as much inactive it does not wait.
TEST_F(Evacuating, by_a_process_of_a_block_that_is_small_beside_the_cache_goes_on) {
  boot_with(Bytes{2 * kGiB}, Bytes{512 * kMiB});
  Population cache(*mm_, Content::page_cache);
  fill(cache);
  Patience<CountingHost> host(1000);
  EXPECT_EQ(offline(host, 1, {.workqueue = false, .signals = &host}).status, Status::ok);
  EXPECT_EQ(mm_->reclaim().events().throttled_isolated, 0);
  EXPECT_EQ(host.left(), 1000);
}

// reclaim_clean_pages_from_list: clean page cache in the range goes, what is written in it and
// anonymous memory move, for which other page cache goes.
TEST_F(Evacuating, for_a_gigantic_page_drops_clean_page_cache_of_the_range) {
  boot_with(Bytes{512 * kMiB}, Bytes{2 * kGiB}, OnlineType::online_kernel);
  Population anon(*mm_, Content::anon);
  Population cache(*mm_, Content::page_cache);
  fill(cache, 6, PageCount{220'000});
  const PageCount program = fill(anon, 0, PageCount{5000});
  fill(cache);
  Hugetlb hugetlb(*mm_);
  CountingHost host;
  EXPECT_EQ(run(hugetlb.set_nr_hugepages(host, kNode, Bytes{kGiB}, 1)), 1);
  EXPECT_EQ(anon.resident(), program);
  const VmEvents& events = mm_->reclaim().events();
  EXPECT_GT((cache.pages_reclaimed() - PageCount{events.pgsteal()}).value, 200'000)
      << "dropped without a counter";
  EXPECT_LE(events.pgmigrate_success, 5000);
  EXPECT_EQ(isolated().value, 0);
  mm_->validate();
}

// Whatever fills the memory and whoever gives some of it back meanwhile: every page is somebody's,
// and none is left off the lists.
RC_GTEST_FIXTURE_PROP(Evacuating, keeps_every_page, ()) {
  boot_with(Bytes{256 * kMiB}, Bytes{128 * kMiB});
  std::deque<Population> all;
  PageCount filled;
  const auto parts = *rc::gen::inRange(1, 6);
  for (int i = 0; i < parts; ++i) {
    all.emplace_back(*mm_, *rc::gen::element(Content::anon, Content::page_cache,
                                             Content::mapped_file, Content::locked));
    const int order = *rc::gen::inRange(2, 10);
    const PageCount most{*rc::gen::inRange<std::int64_t>(1, 60'000)};
    filled += fill(all.back(), order, i + 1 == parts ? PageCount{1 << 30} : most);
  }
  Population& freed = all[*rc::gen::inRange<std::size_t>(0, all.size())];
  PageCount given_back;
  Patience<LockWatch> host(20, *mm_);
  Receipt other = mm_->receipt();
  host.meanwhile(*rc::gen::inRange<std::int64_t>(0, 4000), [&] {
    given_back = freed.resident();
    freed.free_all(other);
  });
  const Status status =
      offline(host, 0, {.workqueue = *rc::gen::arbitrary<bool>(), .signals = &host}).status;
  const std::int64_t unlocked = host.unlocked();
  CountingHost last;
  CountingHost::run(other.spend(last));
  PageCount kept;
  for (const Population& p : all) kept += p.resident() + p.pages_reclaimed();
  RC_ASSERT(kept + given_back == filled);
  RC_ASSERT(isolated().value == 0);
  RC_ASSERT(status == Status::ok || status == Status::ebusy || status == Status::eintr);
  RC_ASSERT(unlocked == 0);
  mm_->validate();
}

}  // namespace
}  // namespace mhp::kernel::evacuator_test
