// How much is on its way to swap at a time, and who waits.
#include "sim/kernel/mm/reclaim/writeback.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel::writeback_test {
namespace {

constexpr NodeId kNode{0};
constexpr std::int64_t kRequests = 3;

/// Threads that wait stand still until they are woken; the device writes a run when it is told to.
class Device : public CountingHost, public Waker {
 public:
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    const bool writes = step.kind == Step::Kind::spend &&
                        step.what == static_cast<std::uint16_t>(Primitive::writeback_page);
    CountingHost::perform(step, resume);
    if (writes) writing_ = resume;
    if (step.kind == Step::Kind::wait) waiting_.push_back({step.what, resume});
    return !writes && step.kind != Step::Kind::wait;
  }
  void wake(std::uint16_t condition, std::int32_t) override {
    const auto woken = std::stable_partition(waiting_.begin(), waiting_.end(),
                                             [&](const auto& w) { return w.first != condition; });
    for (auto w = woken; w != waiting_.end(); ++w) ready_.push_back(w->second);
    waiting_.erase(woken, waiting_.end());
  }
  void settle() {
    while (!ready_.empty()) {
      const auto next = ready_.front();
      ready_.erase(ready_.begin());
      next.resume();
    }
  }
  bool busy() const { return static_cast<bool>(writing_); }
  void write_one() { std::exchange(writing_, {}).resume(); }
  std::int64_t waiting_for(Condition c) const {
    return std::count_if(waiting_.begin(), waiting_.end(),
                         [&](const auto& w) { return w.first == static_cast<std::uint16_t>(c); });
  }

 private:
  std::vector<std::pair<std::uint16_t, std::coroutine_handle<>>> waiting_;
  std::vector<std::coroutine_handle<>> ready_;
  std::coroutine_handle<> writing_;
};

class SwapDevice : public ::testing::Test {
 protected:
  SwapDevice() {
    machine::Description m;
    m.nodes = {{Bytes{64 * kMiB}, 2}};
    m.distance = {{10}};
    config_.swap = Bytes{64 * kMiB};
    config_.writeback_requests = kRequests;
    mm_ = std::make_unique<Mm>(boot(m, config_), config_, KernelProfile{});
    mm_->reclaim().set_waker(&device_);
    anon_ = std::make_unique<Population>(*mm_, Content::anon);
    writer_ = writeback().run(device_);
    writer_.start();
  }
  ~SwapDevice() override {
    anon_.reset();
    mm_->reclaim().set_waker(nullptr);
  }

  Writeback& writeback() { return mm_->reclaim().writeback(); }
  static AllocRequest user() {
    return {.node = kNode, .type = MigrateType::movable, .highest = ZoneType::movable};
  }
  LruRef page() {
    const Allocation got = *mm_->alloc_pages(user(), mm_->nobody());
    anon_->add(got, 0);
    return mm_->lru().first_in_pageblock(got.pfn);
  }

  KernelConfig config_;
  std::unique_ptr<Mm> mm_;
  Device device_;
  std::unique_ptr<Population> anon_;
  Task<void> writer_;
};

// The first that would need a request too many waits until one has ended.
TEST_F(SwapDevice, whoever_would_start_a_request_too_many_waits_for_one_to_end) {
  for (std::int64_t i = 0; i < kRequests; ++i) {
    WritePlug plug;
    const LruRef ref = page();
    EXPECT_FALSE(writeback().must_wait(ref, plug));
    ASSERT_TRUE(writeback().start(ref, plug));
  }
  EXPECT_TRUE(writeback().must_wait(page(), {}));
  Task<void> waiter = writeback().wait_for_request(device_);
  waiter.start();
  device_.settle();
  EXPECT_FALSE(waiter.done());
  device_.write_one();
  device_.settle();
  EXPECT_TRUE(waiter.done());
  EXPECT_EQ(writeback().requests(), kRequests - 1);
}

// 1280 KiB are 320 pages: 700 of one plug are 3 requests, of three plugs 3 of 1 page each.
TEST_F(SwapDevice, what_one_reclaimer_writes_in_a_row_is_one_request_up_to_the_largest) {
  WritePlug plug;
  for (int i = 0; i < 700; ++i) ASSERT_TRUE(writeback().start(page(), plug));
  EXPECT_EQ(writeback().requests(), 3);
  EXPECT_FALSE(writeback().must_wait(page(), plug)) << "60 of 320: it still grows";
  EXPECT_TRUE(writeback().must_wait(page(), {}));
  EXPECT_EQ(mm_->reclaim().events().pswpout, 700) << "counted as they are handed over";
}

// kswapd takes what is written first, and never has more on its way than the device takes.
TEST_F(SwapDevice, kswapd_waits_for_the_device) {
  Task<void> kswapd = mm_->reclaim().kswapd(device_, kNode);
  kswapd.start();
  while (const auto got = mm_->alloc_pages(user(), mm_->nobody())) anon_->add(*got, 0);
  std::int64_t most = 0;
  std::int64_t waited = 0;
  for (device_.settle(); device_.busy(); device_.settle()) {
    most = std::max(most, writeback().requests());
    waited += device_.waiting_for(Condition::writeback_end);
    device_.write_one();
  }
  EXPECT_EQ(most, kRequests);
  EXPECT_GT(waited, 0);
  const VmEvents& events = mm_->reclaim().events();
  EXPECT_GT(events.pgsteal_kswapd, 0);
  EXPECT_LE(events.pswpout, events.pgsteal_kswapd + kRequests * 320);
  EXPECT_EQ(device_.spent(Primitive::writeback_page), events.pswpout);
  EXPECT_EQ(device_.spent(Primitive::swap_out_page), events.pswpout);
  mm_->validate();
}

// Written pages come to the tail of the inactive list from wherever they are; what was used
// meanwhile is as dirty as before.
TEST_F(SwapDevice, what_is_written_is_the_next_to_be_reclaimed_unless_it_was_used) {
  Lru& lru = mm_->lru();
  const LruRef first = page();
  const LruRef used = page();
  const LruRef last = page();
  lru.move_to_head(last, LruList::active_anon);
  for (const LruRef ref : {used, last}) {
    WritePlug plug;
    ASSERT_TRUE(writeback().start(ref, plug));
  }
  writeback().mark_dirty(used);
  for (device_.settle(); device_.busy(); device_.settle()) device_.write_one();
  EXPECT_EQ(lru.oldest(kNode, LruList::inactive_anon, ZoneType::movable), last);
  EXPECT_FALSE(lru[last].dirty);
  EXPECT_TRUE(lru[used].dirty);
  EXPECT_TRUE(lru[used].swap_cache) << "its place is kept for the next time";
  EXPECT_TRUE(lru[first].dirty);
  EXPECT_EQ(writeback().pages().value, 0);
}

}  // namespace
}  // namespace mhp::kernel::writeback_test
