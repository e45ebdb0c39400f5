// How struct pages of added memory are cleared: of P pages, P struct_page_clear when they are added
// or P struct_page_memset when they go online, or neither.
#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::struct_pages_test {
namespace {

constexpr std::int64_t kBlocks = 4;

class StructPages : public ::testing::Test {
 protected:
  void boot_kernel(StructPageCleared cleared, bool guest = false) {
    machine_.cpu.hypervisor = guest;
    machine_.nodes = {{Bytes{4 * kGiB}, 4}};
    machine_.distance = {{10}};
    config_.memmap_placement = guest ? "hotplugged_range" : "boot_memory";
    config_.memory_block_size = Bytes{128 * kMiB};
    profile_.struct_page_cleared = cleared;
    boot_ = boot(machine_, config_);
    mm_ = std::make_unique<Mm>(boot_, config_, profile_);
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config_);
  }
  void add() {
    ASSERT_EQ(CountingHost::run(hotplug_->add(host_, {NodeId{0}, range_, NodeId{0}})).status,
              Status::ok);
  }
  void online() {
    for (Pfn p = range_.start; p < range_.end; p += hotplug_->block_pages())
      ASSERT_EQ(CountingHost::run(
                    hotplug_->online(host_, hotplug_->block_of(p), OnlineType::online_movable))
                    .status,
                Status::ok);
  }
  std::int64_t cleared() const { return host_.spent(Primitive::struct_page_clear); }
  std::int64_t by_memset() const { return host_.spent(Primitive::struct_page_memset); }

  const PfnRange range_{pfn_of(Bytes{8 * kGiB}), pfn_of(Bytes{8 * kGiB + kBlocks * 128 * kMiB})};
  const std::int64_t pages_ = range_.pages().value;
  machine::Description machine_;
  KernelConfig config_;
  KernelProfile profile_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

TEST_F(StructPages, of_old_kernels_are_cleared_as_the_memory_is_added) {
  boot_kernel(StructPageCleared::when_allocated);
  add();
  EXPECT_EQ(cleared(), pages_);
  online();
  EXPECT_EQ(cleared(), pages_);
  EXPECT_EQ(by_memset(), 0);
  EXPECT_EQ(host_.spent(Primitive::struct_page_init), pages_);
}

TEST_F(StructPages, are_cleared_by_memset_as_they_go_online) {
  boot_kernel(StructPageCleared::by_memset);
  add();
  EXPECT_EQ(by_memset(), 0);
  online();
  EXPECT_EQ(by_memset(), pages_);
  EXPECT_EQ(cleared(), 0);
}

TEST_F(StructPages, of_current_kernels_are_cleared_by_what_initialises_them) {
  boot_kernel(KernelProfile{}.struct_page_cleared);
  add();
  online();
  EXPECT_EQ(cleared(), 0);
  EXPECT_EQ(by_memset(), 0);
  EXPECT_EQ(host_.spent(Primitive::struct_page_init), pages_);
}

// init_on_alloc: memmap from the page allocator is written twice, memmap in heads once.
TEST_F(StructPages, that_come_from_the_page_allocator_are_cleared_with_their_pages) {
  for (const bool wanted : {true, false})
    for (const bool range : {true, false}) {
      config_.init_on_alloc = wanted;
      boot_kernel(KernelProfile{}.struct_page_cleared, range);
      const std::int64_t before = host_.spent(Primitive::kernel_init_page);
      add();
      const std::int64_t pages = wanted && !range ? pages_ / 64 : 0;
      EXPECT_EQ(host_.spent(Primitive::kernel_init_page) - before, pages);
      EXPECT_EQ(hotplug_->counters().memmap_pages_cleared, pages);
      online();
      EXPECT_EQ(host_.spent(Primitive::kernel_init_page) - before, pages);
    }
}

// page_init_poison: when memory is added (sparse_add_section), and when it leaves its zone
// (remove_pfn_range_from_zone).
TEST_F(StructPages, of_debug_kernels_are_poisoned_when_memory_comes_and_when_it_goes_offline) {
  config_.debug_vm = true;
  boot_kernel(KernelProfile{}.struct_page_cleared);
  add();
  EXPECT_EQ(cleared(), pages_);
  online();
  EXPECT_EQ(cleared(), pages_);
  for (Pfn p = range_.start; p < range_.end; p += hotplug_->block_pages())
    ASSERT_EQ(CountingHost::run(hotplug_->offline(host_, hotplug_->block_of(p))).status,
              Status::ok);
  EXPECT_EQ(cleared(), 2 * pages_);
}

// Whoever writes to new memory first has its host back it.
TEST_F(StructPages, that_are_cleared_when_added_are_backed_by_the_host_then) {
  boot_kernel(StructPageCleared::when_allocated, true);
  add();
  const std::int64_t touched = hotplug_->counters().first_touches;
  EXPECT_EQ(touched, kBlocks);
  online();
  EXPECT_EQ(hotplug_->counters().first_touches, touched);
}

}  // namespace
}  // namespace mhp::kernel::struct_pages_test
