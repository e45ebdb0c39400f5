// Adding more than boot memory has memmap for: what is leaked, what a retry gets.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/lock_watch.hpp"

namespace mhp::kernel::add_failure_test {
namespace {

class AddFailure : public ::testing::Test {
 protected:
  AddFailure() { boot_with({}); }
  void boot_with(const KernelProfile& profile) {
    machine::Description machine;
    machine.nodes = {{Bytes{512 * kMiB}, 2}};
    machine.distance = {{10}};
    boot_ = boot(machine, config_);
    hotplug_.reset();
    mm_ = std::make_unique<Mm>(boot_, config_, profile);
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config_);
  }
  OpResult add(std::int64_t at_gib, std::int64_t gib) {
    return CountingHost::run(hotplug_->add(
        host_, {NodeId{0}, {pfn_of(Bytes{at_gib * kGiB}), pfn_of(Bytes{(at_gib + gib) * kGiB})}}));
  }

  void use_half_of_each_pageblock() {
    std::vector<Pfn> halves;
    while (const auto half = mm_->alloc_pages({.node = NodeId{0}, .order = 8}, mm_->nobody()))
      halves.push_back(half->pfn);
    for (std::size_t i = 0; i < halves.size(); i += 2) mm_->free_pages(halves[i], 8, mm_->nobody());
  }

  KernelConfig config_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

// The sections that were complete keep their memmap; the one that failed gives its pages back.
TEST_F(AddFailure, without_pageblocks_the_memmap_is_made_of_single_pages) {
  use_half_of_each_pageblock();
  const PageCount free = mm_->mem_free();
  EXPECT_EQ(add(64, 64).status, Status::enomem);
  const auto& c = hotplug_->counters();
  EXPECT_GT(c.memmap_base_pages, 10'000);
  EXPECT_EQ(c.memmap_base_pages % 512, 0);
  EXPECT_EQ((free - mm_->mem_free()).value,
            c.memmap_pages_boot + c.vmemmap_tables + c.direct_map_tables + c.slab_pages);
  EXPECT_EQ(c.memmap_pages_boot, c.sections * 512);
  mm_->validate();
}

// Tables, memmap in pageblocks and in single pages, slabs, and what a failure gives back.
TEST_F(AddFailure, every_page_comes_and_goes_while_the_lock_is_held) {
  use_half_of_each_pageblock();
  mm_->account_work();
  LockWatch host(*mm_);
  const PfnRange range{pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{128 * kGiB})};
  EXPECT_EQ(CountingHost::run(hotplug_->add(host, {NodeId{0}, range})).status, Status::enomem);
  EXPECT_GT(hotplug_->counters().memmap_base_pages, 0);
  EXPECT_GT(host.locked(), 100);
  EXPECT_EQ(host.unlocked(), 0);
  mm_->validate();
}

TEST_F(AddFailure, leaks_whole_sections_and_no_part_of_one) {
  const PageCount free = mm_->mem_free();
  EXPECT_EQ(add(64, 64).status, Status::enomem);
  const auto& c = hotplug_->counters();
  EXPECT_GT(c.sections, 100);
  EXPECT_EQ(c.memmap_pages_boot, c.sections * 512);
  EXPECT_EQ(hotplug_->nr_memmap_pages(), c.sections * 512);
  EXPECT_EQ((free - mm_->mem_free()).value,
            c.memmap_pages_boot + c.vmemmap_tables + c.direct_map_tables + c.slab_pages);
  EXPECT_EQ(c.blocks, 0);
  mm_->validate();
}

TEST_F(AddFailure, a_retry_of_the_range_is_refused_and_takes_nothing) {
  ASSERT_EQ(add(64, 64).status, Status::enomem);
  const PageCount free = mm_->mem_free();
  EXPECT_EQ(add(64, 1).status, Status::eexist);
  EXPECT_EQ(mm_->mem_free(), free);
}

TEST_F(AddFailure, nothing_is_lost_where_it_is_rolled_back) {
  KernelProfile profile;
  profile.failed_add_rolls_back = true;
  boot_with(profile);
  const PageCount free = mm_->mem_free();
  const HotplugCounters before = hotplug_->counters();
  EXPECT_EQ(add(64, 64).status, Status::enomem);
  EXPECT_EQ(mm_->mem_free(), free);
  EXPECT_TRUE(hotplug_->counters() == before) << "what was taken back was never there";
  EXPECT_EQ(hotplug_->nr_memmap_pages(), 0);
  EXPECT_EQ(hotplug_->overhead().sum().value, 0);
  EXPECT_EQ(add(64, 1).status, Status::ok);
  mm_->validate();
}

// What others have counted meanwhile, without the lock that an addition holds, is not lost.
TEST(HotplugCounters, of_an_addition_are_taken_back_and_no_others) {
  HotplugCounters before;
  before.sections = 3;
  before.struct_pages_initialised = 100;
  before.head_pages_initialised = 20;
  HotplugCounters now = before;
  now.sections += 5;
  now.memmap_pages_boot += 512;
  now.head_pages_initialised += 30;
  now.struct_pages_initialised += 30 + 7;  // 7 of a device that was mapped before
  for (auto others : {&HotplugCounters::pages_onlined, &HotplugCounters::pages_migrated,
                      &HotplugCounters::pages_reclaimed, &HotplugCounters::pages_swapped_out,
                      &HotplugCounters::unplug_requests, &HotplugCounters::pages_fake_offlined,
                      &HotplugCounters::pages_cleared, &HotplugCounters::host_pages_discarded})
    now.*others += 11;
  HotplugCounters expected = now;
  expected.sections = 3;
  expected.memmap_pages_boot = 0;
  expected.head_pages_initialised = 20;
  expected.struct_pages_initialised = 107;
  now.take_back_addition(before);
  EXPECT_TRUE(now == expected);
}

// Nothing but the minimum is left, so any addition fails, wherever it lies.
TEST_F(AddFailure, the_machine_stays_without_memory_for_another_range) {
  ASSERT_EQ(add(64, 64).status, Status::enomem);
  EXPECT_EQ(add(256, 4).status, Status::enomem);
}

}  // namespace
}  // namespace mhp::kernel::add_failure_test
