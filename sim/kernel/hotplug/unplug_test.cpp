// Unplugging online memory by sub-blocks: what is taken, cleared and asked back, and what stays.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/user_pages.hpp"

namespace mhp::kernel::unplug_test {
namespace {

constexpr PageCount kBlock{32768};
constexpr PageCount kSubBlock{512};
constexpr std::int64_t kBlocks = 8;

/// A guest of one node with 1 GiB added to it, online.
class Unplug : public ::testing::Test {
 protected:
  void boot_with(OnlineType type, bool init_on_alloc, Bytes host_page = Bytes{2 * kMiB}) {
    machine::Description machine;
    machine.cpu.hypervisor = true;
    machine.cpu.host_page_size = host_page;
    machine.nodes = {{Bytes{2 * kGiB}, 4}};
    machine.distance = {{10}};
    KernelConfig config;
    config.init_on_alloc = init_on_alloc;
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
    const auto first = pfn_of(Bytes{4 * kGiB});
    for (std::int64_t b = 0; b < kBlocks; ++b) {
      const PfnRange range{first + kBlock * b, first + kBlock * (b + 1)};
      ASSERT_EQ(CountingHost::run(hotplug_->add(host_, {NodeId{0}, range, NodeId{0}})).status,
                Status::ok);
      ASSERT_EQ(CountingHost::run(hotplug_->online(host_, block(b), type)).status, Status::ok);
    }
  }
  BlockId block(std::int64_t b) const {
    return hotplug_->block_of(pfn_of(Bytes{4 * kGiB}) + kBlock * b);
  }
  Unplugged unplug(std::int64_t b, bool touched = false) {
    const Unplugged done =
        CountingHost::run(hotplug_->unplug(host_, block(b), {kSubBlock, kBlock, touched}));
    mm_->validate();
    return done;
  }
  Zone& zone() { return mm_->zone(NodeId{0}, hotplug_->block(block(0)).zone); }
  const HotplugCounters& counters() const { return hotplug_->counters(); }

  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

TEST_F(Unplug, a_block_that_is_free_goes_at_once_and_can_be_removed) {
  boot_with(OnlineType::online_movable, true);
  const PageCount managed = zone().managed_pages;
  const Unplugged done = unplug(7);
  EXPECT_EQ(done.result.status, Status::ok);
  EXPECT_EQ(done.pages, kBlock);
  EXPECT_TRUE(done.empty);
  EXPECT_EQ(hotplug_->block(block(7)).state, MemoryBlock::State::offline);
  EXPECT_EQ(counters().unplug_requests, 1);
  EXPECT_EQ(counters().pages_fake_offlined, kBlock.value);
  EXPECT_EQ(counters().pages_cleared, kBlock.value);
  EXPECT_EQ(host_.spent(Primitive::contig_page), kBlock.value);
  EXPECT_EQ(host_.spent(Primitive::page_clear), kBlock.value);
  EXPECT_EQ(host_.spent(Primitive::offline_page), kBlock.value);
  EXPECT_EQ(host_.spent(Primitive::pageblock_isolate), 2 * 64) << "when taken, and offline";
  EXPECT_EQ(host_.spent(Primitive::unmovable_scan), 2 * kBlock.value) << "ZONE_MOVABLE: each page";
  EXPECT_EQ(zone().managed_pages, managed - kBlock);
  EXPECT_EQ(zone().present_pages, kBlock * (kBlocks - 1));
  EXPECT_EQ(CountingHost::run(hotplug_->remove(host_, hotplug_->block_range(block(7)))).status,
            Status::ok);
}

TEST_F(Unplug, without_init_on_alloc_nothing_is_cleared) {
  boot_with(OnlineType::online_kernel, false);
  EXPECT_TRUE(unplug(7).empty);
  EXPECT_EQ(counters().pages_cleared, 0);
  EXPECT_EQ(host_.spent(Primitive::page_clear), 0);
  EXPECT_EQ(host_.spent(Primitive::unmovable_scan), kBlock.value)
      << "a kernel zone: not what is free, but what is PageOffline";
}

// Memory of the kernel holds its sub-blocks; the others go, and the block with the last of them.
TEST_F(Unplug, memory_of_the_kernel_holds_its_sub_blocks_and_the_block_stays_online) {
  boot_with(OnlineType::online_kernel, false);
  // 4 MiB, two sub-blocks, in the last block.
  std::vector<Pfn> taken;
  while (taken.empty() || hotplug_->block_of(taken.back()) != block(7)) {
    const auto pages = mm_->alloc_pages({.node = NodeId{0}, .order = kMaxOrder}, mm_->nobody());
    ASSERT_TRUE(pages);
    taken.push_back(pages->pfn);
  }
  for (std::size_t i = 0; i + 1 < taken.size(); ++i)
    mm_->free_pages(taken[i], kMaxOrder, mm_->nobody());
  const PageCount goes = kBlock - kSubBlock * 2;
  const PageCount managed = zone().managed_pages;
  const PageCount free = mm_->mem_free();
  Unplugged done = unplug(7);
  EXPECT_EQ(done.result.status, Status::ebusy);
  EXPECT_EQ(done.pages, goes);
  EXPECT_FALSE(done.empty);
  EXPECT_EQ(hotplug_->block(block(7)).state, MemoryBlock::State::online);
  EXPECT_EQ(counters().unplug_requests, 62);
  EXPECT_EQ(zone().managed_pages, managed - goes);
  EXPECT_EQ(mm_->mem_free(), free - goes);
  EXPECT_EQ(zone().present_pages, kBlock * kBlocks) << "present until the block is offline";
  // User space tries the block itself: nothing changes.
  EXPECT_EQ(CountingHost::run(hotplug_->offline(host_, block(7))).status, Status::ebusy);
  mm_->validate();
  EXPECT_EQ(zone().managed_pages, managed - goes);
  EXPECT_EQ(mm_->mem_free(), free - goes);

  mm_->free_pages(taken.back(), kMaxOrder, mm_->nobody());
  done = unplug(7);
  EXPECT_EQ(done.result.status, Status::ok);
  EXPECT_EQ(done.pages, kSubBlock * 2);
  EXPECT_TRUE(done.empty);
  EXPECT_EQ(counters().unplug_requests, 64);
  EXPECT_EQ(zone().managed_pages, managed - kBlock);
  EXPECT_EQ(zone().present_pages, kBlock * (kBlocks - 1));
}

TEST_F(Unplug, pages_in_use_move_also_within_their_node) {
  boot_with(OnlineType::online_movable, false);
  UserPages process(*mm_);
  process.take(PageCount{5000}, NodeId{0});
  const PfnRange range = hotplug_->block_range(block(0));
  ASSERT_EQ(process.pages_in(range).value, 5000);
  EXPECT_TRUE(unplug(0).empty);
  EXPECT_EQ(counters().pages_migrated, 5000);
  EXPECT_EQ(process.held().value, 5000);
  EXPECT_EQ(process.pages_in(range).value, 0);
  EXPECT_EQ(counters().unplug_requests, 1);
}

TEST_F(Unplug, without_room_elsewhere_it_ends_and_nothing_is_lost) {
  boot_with(OnlineType::online_movable, false);
  UserPages process(*mm_);
  while (process.take(PageCount{512}, NodeId{0}).value > 0) {
  }
  const PageCount free = mm_->mem_free();
  const Unplugged done = unplug(7);
  EXPECT_EQ(done.result.status, Status::ebusy);
  EXPECT_TRUE(done.ends);
  EXPECT_EQ(done.pages.value, 0);
  EXPECT_EQ(mm_->mem_free(), free);
  EXPECT_EQ(counters().unplug_requests, 0);
}

// The host takes back what it backs: all that the guest has written, or nothing. What is cleared
// before it goes is backed first.
TEST_F(Unplug, the_host_takes_back_what_was_touched) {
  boot_with(OnlineType::online_movable, false);
  EXPECT_TRUE(unplug(7).empty);
  EXPECT_EQ(counters().host_pages_discarded, 0);
  EXPECT_TRUE(unplug(6, true).empty);
  EXPECT_EQ(counters().host_pages_discarded, 64);
  EXPECT_EQ(host_.spent(Primitive::nested_zap), 64);
  EXPECT_EQ(host_.spent(Primitive::nested_fault), 0);
}

TEST_F(Unplug, clearing_what_was_never_touched_has_the_host_back_it) {
  boot_with(OnlineType::online_movable, true, Bytes{4 * kKiB});
  EXPECT_TRUE(unplug(7).empty);
  EXPECT_EQ(host_.spent(Primitive::nested_fault_base), kBlock.value);
  EXPECT_EQ(host_.spent(Primitive::nested_zap_base), kBlock.value);
  EXPECT_TRUE(unplug(6, true).empty);
  EXPECT_EQ(host_.spent(Primitive::nested_fault_base), kBlock.value);
  EXPECT_EQ(host_.spent(Primitive::nested_zap_base), 2 * kBlock.value);
}

}  // namespace
}  // namespace mhp::kernel::unplug_test
