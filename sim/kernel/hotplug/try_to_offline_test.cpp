// An ACPI memory device of eight blocks that is to be ejected.
#include "sim/kernel/hotplug/try_to_offline.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"

namespace mhp::kernel::try_to_offline_test {
namespace {

class TryToOffline : public ::testing::Test {
 protected:
  TryToOffline() {
    machine::Description machine;
    machine.nodes = {{Bytes{4 * kGiB}, 4}};
    machine.distance = {{10}};
    const KernelConfig config;
    const BootState booted = boot(machine, config);
    mm_ = std::make_unique<Mm>(booted, config, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, booted, config);
    EXPECT_EQ(CountingHost::run(hotplug_->add(host_, {NodeId{0}, device_})).status, Status::ok);
  }
  BlockId block(int n) const {
    return hotplug_->block_of(device_.start + hotplug_->block_pages() * n);
  }
  Status online(int n, OnlineType type) {
    return CountingHost::run(hotplug_->online(host_, block(n), type)).status;
  }
  bool eject() {
    const BlockCalls calls{[this](BlockId b) { return offline(b); },
                           [this](BlockId b, OnlineType type) { return bring_back(b, type); }};
    return CountingHost::run(acpi_scan_try_to_offline(*hotplug_, device_, calls));
  }
  Task<bool> offline(BlockId b) {
    tried_.push_back(b.value - block(0).value);
    const OpResult done = co_await hotplug_->offline(host_, b);
    co_return done.status == Status::ok;
  }
  Task<void> bring_back(BlockId b, OnlineType type) {
    const OpResult done = co_await hotplug_->online(host_, b, type);
    EXPECT_EQ(done.status, Status::ok);
  }
  /// A page of the kernel in a block.
  void pin(int n) {
    EXPECT_EQ(online(n, OnlineType::online_kernel), Status::ok);
    const PfnRange range = hotplug_->block_range(block(n));
    std::vector<Pfn> others;
    for (;;) {
      const auto page = mm_->alloc_pages({.node = NodeId{0}, .order = 9}, mm_->nobody());
      ASSERT_TRUE(page);
      if (range.contains(page->pfn)) break;
      others.push_back(page->pfn);
    }
    for (const Pfn p : others) mm_->free_pages(p, 9, mm_->nobody());
  }
  ZoneType zone(int n) const { return hotplug_->block(block(n)).zone; }
  bool is_online(int n) const {
    return hotplug_->block(block(n)).state == MemoryBlock::State::online;
  }

  const PfnRange device_{pfn_of(Bytes{8 * kGiB}), pfn_of(Bytes{9 * kGiB})};
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
  std::vector<int> tried_;
};

TEST_F(TryToOffline, takes_what_is_online_once_if_nothing_stays) {
  for (const int n : {0, 2, 5}) online(n, OnlineType::online_movable);
  EXPECT_TRUE(eject());
  EXPECT_EQ(tried_, (std::vector{0, 2, 5}));
}

// The second pass tries what stayed in the first alone. Who comes back has no zone named: with the
// Movable blocks gone the only span is that of the kernel zone, around the block that stayed.
TEST_F(TryToOffline, tries_all_then_once_more_what_stays_and_brings_the_rest_back_by_policy) {
  pin(3);
  for (const int n : {4, 5, 6, 7}) ASSERT_EQ(online(n, OnlineType::online_movable), Status::ok);
  EXPECT_FALSE(eject());
  EXPECT_EQ(tried_, (std::vector{3, 4, 5, 6, 7, 3}));
  for (const int n : {0, 1, 2}) EXPECT_FALSE(is_online(n)) << "it was offline before";
  for (const int n : {4, 5, 6, 7}) EXPECT_EQ(zone(n), ZoneType::normal) << n;
}

// state_store keeps the type of a write that is refused as the block is online, until it goes
// online the next time.
TEST_F(TryToOffline, a_refused_write_says_how_a_block_comes_back) {
  pin(3);
  for (const int n : {4, 5, 6}) ASSERT_EQ(online(n, OnlineType::online_movable), Status::ok);
  EXPECT_EQ(online(5, OnlineType::online_movable), Status::einval);
  EXPECT_EQ(online(6, OnlineType::online_kernel), Status::einval);
  EXPECT_FALSE(eject());
  EXPECT_EQ(zone(4), ZoneType::normal);
  EXPECT_EQ(zone(5), ZoneType::movable);
  EXPECT_EQ(zone(6), ZoneType::normal);
  EXPECT_FALSE(eject());
  EXPECT_EQ(zone(5), ZoneType::normal) << "said once";
}

}  // namespace
}  // namespace mhp::kernel::try_to_offline_test
