// Which zone a block goes to: contig-zones and auto-movable, by the rules of mm/memory_hotplug.c.
#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::zone_choice_test {
namespace {

class ZoneChoice : public ::testing::Test {
 protected:
  void boot_with(OnlinePolicy policy, bool numa_aware = true, bool movable_node = false) {
    machine::Description machine;
    machine.nodes = {{Bytes{8 * kGiB}, 4}, {Bytes{0}, 0}};
    machine.distance = {{10, 20}, {20, 10}};
    KernelConfig config;
    config.online_policy = policy;
    config.auto_movable_numa_aware = numa_aware;
    config.movable_node = movable_node;
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
  }
  /// Adds a device of so many GiB at an address in GiB.
  PfnRange add(std::int64_t at, std::int64_t size, int node = 0) {
    const PfnRange range{pfn_of(Bytes{at * kGiB}), pfn_of(Bytes{(at + size) * kGiB})};
    EXPECT_EQ(CountingHost::run(hotplug_->add(host_, {NodeId{node}, range})).status, Status::ok);
    return range;
  }
  ZoneType online(Pfn pfn, OnlineType type = OnlineType::online) {
    const BlockId block = hotplug_->block_of(pfn);
    EXPECT_EQ(CountingHost::run(hotplug_->online(host_, block, type)).status, Status::ok);
    return hotplug_->block(block).zone;
  }
  void online_all(PfnRange range) {
    for (Pfn p = range.start; p < range.end; p += hotplug_->block_pages()) online(p);
  }

  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

TEST_F(ZoneChoice, contig_zones_follow_the_span_that_a_block_lies_in) {
  boot_with(OnlinePolicy::contig_zones);
  const PfnRange range = add(64, 2);
  const PageCount block = hotplug_->block_pages();
  EXPECT_EQ(online(range.start), ZoneType::normal) << "in no span: the kernel zone";
  EXPECT_EQ(online(range.start + block * 4, OnlineType::online_movable), ZoneType::movable);
  EXPECT_EQ(online(range.start + block * 8, OnlineType::online_movable), ZoneType::movable);
  EXPECT_EQ(hotplug_->valid_zones(hotplug_->block_of(range.start + block * 6)).front(),
            ZoneType::movable);
  EXPECT_EQ(online(range.start + block * 6), ZoneType::movable)
      << "in the hole of the Movable span";
}

// default_zone_for_pfn: it decides where no zone claims the place, or two do.
TEST_F(ZoneChoice, movable_node_is_asked_where_spans_do_not_tell) {
  boot_with(OnlinePolicy::contig_zones, true, true);
  const PfnRange range = add(64, 2);
  const PageCount block = hotplug_->block_pages();
  EXPECT_EQ(online(range.start), ZoneType::movable) << "in no span";
  EXPECT_EQ(online(range.start + block * 4, OnlineType::online_kernel), ZoneType::normal);
  EXPECT_EQ(online(range.start + block * 8, OnlineType::online_kernel), ZoneType::normal);
  EXPECT_EQ(online(range.start + block * 6), ZoneType::normal) << "in the hole of the kernel zone";
  EXPECT_EQ(online(range.start + block * 10, OnlineType::online_movable), ZoneType::movable);
  EXPECT_EQ(online(range.start + block * 7), ZoneType::movable) << "in both spans";
}

// 1 GiB + 64 MiB of the first node, the rest of that block is the second node's.
TEST(memory_block, of_boot_memory_of_two_nodes_has_no_zone_and_does_not_go_offline) {
  machine::Description machine;
  machine.nodes = {{Bytes{1088 * kMiB}, 2}, {Bytes{1088 * kMiB}, 2}};
  machine.distance = {{10, 20}, {20, 10}};
  const KernelConfig config;
  const BootState booted = boot(machine, config);
  Mm mm(booted, config, KernelProfile{});
  MemoryHotplug hotplug(mm, booted, config);
  CountingHost host;
  const auto offline = [&](int block) {
    return CountingHost::run(hotplug.offline(host, BlockId{block})).status;
  };
  EXPECT_TRUE(hotplug.valid_zones(BlockId{8}).empty());
  EXPECT_EQ(offline(8), Status::einval);
  EXPECT_EQ(offline(16), Status::einval) << "it ends in a hole";
  EXPECT_EQ(hotplug.valid_zones(BlockId{9}), std::vector{ZoneType::dma32});
  EXPECT_EQ(offline(0), Status::einval) << "two zones, and page frame 0 is not there";
}

// What the kernel uses keeps its block; where nothing does it goes, and comes back to where it was.
TEST(memory_block, of_boot_memory_goes_offline_like_any_other_but_stays_there) {
  machine::Description machine;
  machine.nodes = {{Bytes{2 * kGiB}, 2}};
  machine.distance = {{10}};
  const KernelConfig config;
  const BootState booted = boot(machine, config);
  Mm mm(booted, config, KernelProfile{});
  MemoryHotplug hotplug(mm, booted, config);
  CountingHost host;
  const auto run = [](Task<OpResult> task) { return CountingHost::run(std::move(task)).status; };
  const Zone& zone = mm.zone(NodeId{0}, ZoneType::dma32);
  const PageCount present = zone.present_pages, managed = zone.managed_pages;
  const int block = 12;  // within the span, which would shrink from an end
  EXPECT_EQ(run(hotplug.offline(host, BlockId{block})), Status::ok);
  EXPECT_EQ(zone.present_pages, present - PageCount{32768});
  EXPECT_EQ(zone.present_early_pages, zone.present_pages);
  EXPECT_EQ(run(hotplug.remove(host, hotplug.block_range(BlockId{block}))), Status::einval);
  EXPECT_EQ(run(hotplug.online(host, BlockId{block}, OnlineType::online)), Status::ok);
  EXPECT_EQ(zone.present_pages, present);
  EXPECT_EQ(zone.present_early_pages, present);
  EXPECT_EQ(zone.managed_pages, managed);
  mm.validate();
  std::optional<Allocation> page;
  do page = mm.alloc_pages({.node = NodeId{0}, .order = kMaxOrder}, mm.nobody());
  while (page && hotplug.block_of(page->pfn).value < 2);
  ASSERT_TRUE(page);
  EXPECT_EQ(run(hotplug.offline(host, hotplug.block_of(page->pfn))), Status::ebusy);
}

// 24 GiB <= 3.01 * 8 GiB: one device of 24 GiB is Movable; with 8 GiB more the ratio is exceeded.
TEST_F(ZoneChoice, auto_movable_takes_a_device_as_a_whole_and_keeps_the_ratio) {
  boot_with(OnlinePolicy::auto_movable);
  const PfnRange first = add(64, 24);
  EXPECT_EQ(online(first.start), ZoneType::movable);
  online_all({first.start + hotplug_->block_pages(), first.end});
  EXPECT_EQ(mm_->zone(NodeId{0}, ZoneType::movable).present_pages, first.pages());
  const PfnRange second = add(96, 8);
  EXPECT_EQ(online(second.start), ZoneType::normal);
  EXPECT_EQ(online(second.start + hotplug_->block_pages()), ZoneType::normal)
      << "hot-added kernel memory does not count";
}

TEST_F(ZoneChoice, auto_movable_refuses_a_device_that_is_too_large_from_its_first_block_on) {
  boot_with(OnlinePolicy::auto_movable);
  EXPECT_EQ(online(add(64, 25).start), ZoneType::normal);
}

TEST_F(ZoneChoice, auto_movable_gives_a_node_without_boot_memory_nothing_unless_told_not_to_look) {
  boot_with(OnlinePolicy::auto_movable);
  EXPECT_EQ(online(add(64, 1, 1).start), ZoneType::normal);
  boot_with(OnlinePolicy::auto_movable, false);
  EXPECT_EQ(online(add(64, 1, 1).start), ZoneType::movable);
}

}  // namespace
}  // namespace mhp::kernel::zone_choice_test
