// Whose lists kswapd fills, what it is asked for while it works, and how long a large request goes
// on trying beside it.
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel::kswapd_test {
namespace {

constexpr NodeId kNode{0};

std::unique_ptr<Mm> machine_of(std::int64_t mib, const KernelProfile& profile = {}) {
  machine::Description m;
  m.nodes = {{Bytes{mib * kMiB}, 2}};
  m.distance = {{10}};
  return std::make_unique<Mm>(boot(m, {}), KernelConfig{}, profile);
}

AllocRequest user(int order = 0) {
  return {
      .node = kNode, .order = order, .type = MigrateType::movable, .highest = ZoneType::movable};
}

/// kswapd stands still while it sleeps; nothing else waits.
class Sleeping : public CountingHost, public Waker {
 public:
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    const bool sleeps = step.kind == Step::Kind::wait &&
                        step.what == static_cast<std::uint16_t>(Condition::kswapd_wakeup);
    if (step.kind == Step::Kind::wait &&
        step.what == static_cast<std::uint16_t>(Condition::timeout))
      ++timeouts;
    if (sleeps) asleep = resume;
    return !sleeps && CountingHost::perform(step, resume);
  }
  void wake(std::uint16_t condition, std::int32_t) override {
    if (condition == static_cast<std::uint16_t>(Condition::kswapd_wakeup)) woken = true;
  }
  void settle() {
    while (std::exchange(woken, false)) std::exchange(asleep, {}).resume();
  }
  std::coroutine_handle<> asleep;
  bool woken = false;
  std::int64_t timeouts = 0;
};

/// Pages that a CPU's lists hold after 4,000 were taken and given back while kswapd works or not.
std::int64_t kept(bool reclaim_active, const KernelProfile& profile) {
  const auto mm = machine_of(1024, profile);
  Zone& z = mm->zone(kNode, ZoneType::dma32);
  std::vector<Pfn> held;
  for (int i = 0; i < 4000; ++i) held.push_back(mm->alloc_pages(user(), mm->nobody())->pfn);
  z.drain_pcps(mm->nobody());
  z.reclaim_active = reclaim_active;
  for (const Pfn p : held) mm->free_pages(p, 0, mm->nobody());
  return z.pcp(CpuId{0}).count().value;
}

// min(4 * batch, high) of 5.14 and later (nr_pcp_high); 1 GiB: batch 63.
TEST(kswapd, while_it_works_lists_keep_four_batches) {
  const KernelProfile fixed{.pcp_high = PcpHigh::fixed,
                            .free_lists_follow_pageblocks = false,
                            .fallback = Fallback::largest_block};
  for (const KernelProfile& profile : {KernelProfile{}, fixed}) {
    EXPECT_LE(kept(true, profile), 4 * 63);
    EXPECT_GT(kept(false, profile), 4 * 63);
  }
  const KernelProfile single{.pcp_high = PcpHigh::six_batches,
                             .pcp_drain = PcpDrain::in_turns,
                             .pcp_pageblocks_by_mobility = false,
                             .free_lists_follow_pageblocks = false,
                             .fallback = Fallback::largest_block};
  EXPECT_EQ(kept(true, single), kept(false, single));
}

class Kswapd : public ::testing::Test {
 protected:
  Kswapd() : mm_(machine_of(128)), cache_(*mm_, Content::page_cache) {
    mm_->reclaim().set_waker(&host_);
    kswapd_ = mm_->reclaim().kswapd(host_, kNode);
    kswapd_.start();
  }
  ~Kswapd() override { mm_->reclaim().set_waker(nullptr); }
  Zone& dma32() { return mm_->zone(kNode, ZoneType::dma32); }
  void fill() {
    while (const auto got = mm_->alloc_pages(user(), mm_->nobody())) cache_.add(*got, 0);
  }
  const VmEvents& events() { return mm_->reclaim().events(); }

  std::unique_ptr<Mm> mm_;
  Population cache_;
  Sleeping host_;
  Task<void> kswapd_;
};

// Node 0 has CPUs 0 and 1: readers that name none use the lists of the first.
TEST_F(Kswapd, frees_to_the_lists_of_its_own_cpu) {
  fill();
  mm_->drain_all_pages(mm_->nobody());
  host_.settle();
  EXPECT_GT(events().pgsteal_kswapd, 0);
  EXPECT_EQ(dma32().pcp(CpuId{0}).count().value, 0);
  EXPECT_GT(dma32().pcp(CpuId{1}).count().value, 0);
  EXPECT_LE(dma32().pcp(CpuId{1}).count().value, 4 * dma32().pcp_limits.batch);
  EXPECT_FALSE(dma32().reclaim_active) << "it sleeps";
  mm_->validate();
}

// Once it has made room for compaction it looks at single pages alone, and does not go on for a
// large block that is still not there.
TEST_F(Kswapd, stops_when_compaction_has_room_and_starts_when_it_is_asked_again) {
  fill();
  host_.settle();
  const std::int64_t before = events().pageoutrun;
  ASSERT_FALSE(dma32().buddy.has_block(9));
  mm_->reclaim().wakeup_kswapd(kNode, 9, ZoneType::normal);
  EXPECT_TRUE(host_.woken);
  host_.settle();
  EXPECT_EQ(events().pageoutrun, before + 1);
  EXPECT_TRUE(host_.asleep);
}

/// How often a large kernel request reclaims before it gives up, and sleeps before it tries again,
/// on a machine full of what cannot be reclaimed.
struct Tries {
  std::int64_t reclaims = 0;
  std::int64_t sleeps = 0;
};
Tries tries(bool free_pages_reclaimable, bool kthread) {
  const auto mm = machine_of(1024, {.free_pages_reclaimable = free_pages_reclaimable});
  Population locked(*mm, Content::locked);
  for (const int order : {9, 0})
    while (const auto got = mm->alloc_pages(user(order), mm->nobody())) locked.add(*got, order);
  Sleeping host;
  EXPECT_FALSE(CountingHost::run(mm->alloc_pages(
      host, {.node = kNode, .order = 9, .retry = Retry::mayfail, .kthread = kthread},
      mm->nobody())));
  return {mm->reclaim().events().allocstall, host.timeouts};
}

// What is free below `min` counts for what could be reclaimed and for itself, which together would
// meet `min`: 16 times more, of which a worker sleeps a tick before each. Without that rule it is
// seen at once that it is in vain.
TEST(slow_path, a_large_request_goes_on_while_free_pages_count_as_reclaimable) {
  for (const bool kthread : {true, false}) {
    const Tries counted = tries(true, kthread);
    EXPECT_EQ(counted.reclaims, 17);
    EXPECT_EQ(counted.sleeps, kthread ? 16 : 0);
    const Tries not_counted = tries(false, kthread);
    EXPECT_EQ(not_counted.reclaims, 1);
    EXPECT_EQ(not_counted.sleeps, kthread ? 1 : 0);
  }
}

}  // namespace
}  // namespace mhp::kernel::kswapd_test
