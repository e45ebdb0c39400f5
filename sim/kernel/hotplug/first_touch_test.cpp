// Memory of a guest that its host backs when the memmap is first written to it. With the memmap in
// the head of the range, every page of memmap is new memory: of B blocks of S sections each, whose
// memmap takes 2 MiB a section, B * S faults of a host with pages of 2 MiB and 512 * B * S of one
// with pages of 4 KiB. With the memmap in boot memory, none.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::first_touch_test {
namespace {

constexpr std::int64_t kBlocks = 8;
constexpr std::int64_t kSections = 2;  // a block

class FirstTouch : public ::testing::Test {
 protected:
  void boot_guest(Bytes host_page, const std::string& placement, Bytes memory = Bytes{4 * kGiB}) {
    machine_.cpu.hypervisor = true;
    machine_.cpu.host_page_size = host_page;
    machine_.nodes = {{memory, 4}};
    machine_.distance = {{10}};
    config_.memmap_placement = placement;
    config_.memory_block_size = Bytes{kSections * 128 * kMiB};
    boot_ = boot(machine_, config_);
    mm_ = std::make_unique<Mm>(boot_, config_, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config_);
  }
  void add_and_online(PfnRange range) {
    ASSERT_EQ(run(hotplug_->add(host_, {NodeId{0}, range, NodeId{0}})), Status::ok);
    for (Pfn p = range.start; p < range.end; p += hotplug_->block_pages())
      ASSERT_EQ(run(hotplug_->online(host_, hotplug_->block_of(p), OnlineType::online_movable)),
                Status::ok);
  }
  void offline_and_remove(PfnRange range) {
    for (Pfn p = range.start; p < range.end; p += hotplug_->block_pages())
      ASSERT_EQ(run(hotplug_->offline(host_, hotplug_->block_of(p))), Status::ok);
    ASSERT_EQ(run(hotplug_->remove(host_, range)), Status::ok);
  }
  static Status run(Task<OpResult> task) { return CountingHost::run(std::move(task)).status; }

  const PfnRange range_{pfn_of(Bytes{8 * kGiB}),
                        pfn_of(Bytes{8 * kGiB + kBlocks * kSections * 128 * kMiB})};
  machine::Description machine_;
  KernelConfig config_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

TEST_F(FirstTouch, by_huge_pages_is_one_fault_for_the_memmap_of_each_section) {
  boot_guest(Bytes{2 * kMiB}, "hotplugged_range");
  add_and_online(range_);
  EXPECT_EQ(hotplug_->counters().first_touches, kBlocks * kSections);
  EXPECT_EQ(host_.spent(Primitive::nested_fault), kBlocks * kSections);
  EXPECT_EQ(host_.spent(Primitive::nested_fault_base), 0);
}

TEST_F(FirstTouch, by_base_pages_is_one_fault_for_each_page_of_memmap) {
  boot_guest(Bytes{4 * kKiB}, "hotplugged_range");
  add_and_online(range_);
  EXPECT_EQ(hotplug_->counters().first_touches, 512 * kBlocks * kSections);
  EXPECT_EQ(host_.spent(Primitive::nested_fault), 0);
  EXPECT_EQ(host_.spent(Primitive::nested_fault_base), 512 * kBlocks * kSections);
}

TEST_F(FirstTouch, of_boot_memory_is_over_before_the_run) {
  for (const std::int64_t page : {4 * kKiB, 2 * kMiB}) {
    boot_guest(Bytes{page}, "boot_memory");
    add_and_online(range_);
    EXPECT_EQ(hotplug_->counters().first_touches, 0);
  }
}

TEST_F(FirstTouch, on_bare_metal_is_none) {
  boot_guest(Bytes{4 * kKiB}, "hotplugged_range");
  boot_.cpu.hypervisor = false;
  hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config_);
  add_and_online(range_);
  EXPECT_EQ(hotplug_->counters().first_touches, 0);
}

// The host takes back what is removed: the same memory is backed anew.
TEST_F(FirstTouch, comes_again_after_removal_and_not_after_offlining_alone) {
  boot_guest(Bytes{4 * kKiB}, "hotplugged_range");
  add_and_online(range_);
  const BlockId last = hotplug_->block_of(range_.end - PageCount{1});
  ASSERT_EQ(run(hotplug_->offline(host_, last)), Status::ok);
  ASSERT_EQ(run(hotplug_->online(host_, last, OnlineType::online_movable)), Status::ok);
  EXPECT_EQ(hotplug_->counters().first_touches, 512 * kBlocks * kSections);
  offline_and_remove(range_);
  add_and_online(range_);
  EXPECT_EQ(hotplug_->counters().first_touches, 2 * 512 * kBlocks * kSections);
}

}  // namespace
}  // namespace mhp::kernel::first_touch_test
