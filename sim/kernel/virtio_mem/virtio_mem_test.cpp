// The virtio-mem driver: what it plugs and unplugs in which order, what partly plugged blocks count
// for, and when it tries again.
#include "sim/kernel/virtio_mem/virtio_mem.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/user_pages.hpp"

namespace mhp::kernel::virtio_mem_test {
namespace {

constexpr PageCount kBlock{32768};
constexpr PageCount kSubBlock{512};
constexpr std::int64_t kSecond = 1'000'000'000;
/// Pages below `min` of a machine of 512 MiB: enough for a table that is asked for atomically, and
/// not for memmap.
constexpr std::size_t kReserve = 500;

/// A guest of one node and a virtio-mem device of 4 GiB behind it.
class Driver : public ::testing::Test {
 protected:
  struct Setup {
    Bytes memory{2 * kGiB};
    Bytes device{4 * kGiB};
    Bytes device_block{2 * kMiB};
    OnlineType online = OnlineType::online_movable;
    bool unplug_online = true;
    bool force_bbm = false;
    Bytes memory_block{0};
    const char* placement = "boot_memory";
  };
  void boot_with(const Setup& setup, const KernelProfile& profile = {}) {
    machine::Description machine;
    machine.cpu.hypervisor = true;
    machine.nodes = {{setup.memory, 2}};
    machine.distance = {{10}};
    KernelConfig config;
    config.init_on_alloc = false;
    config.memory_block_size = setup.memory_block;
    config.memmap_placement = setup.placement;
    online_ = setup.online;
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, profile);
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
    boot_total_ = mm_->mem_total();
    const Pfn start = pfn_of(Bytes{4 * kGiB});
    driver_ = std::make_unique<VirtioMem>(
        *hotplug_,
        VirtioMemDevice{.node = NodeId{0},
                        .region = {start, start + pages_of(setup.device)},
                        .block_size = setup.device_block,
                        .unplug_online = setup.unplug_online,
                        .force_bbm = setup.force_bbm},
        calls());
  }
  static PageCount pages_of(Bytes b) { return PageCount{b.value / 4096}; }
  VirtioMemCalls calls() {
    return {
        .request = [this]() -> Task<void> {
          if (meanwhile_) meanwhile_();
          co_return;
        },
        .add = [this](PfnRange range) -> Task<OpResult> {
          const OpResult added = co_await hotplug_->add(
              host_, {NodeId{0}, range, NodeId{0}, adders().find("virtio_mem"), driver_->group()});
          for (Pfn p = range.start; added.status == Status::ok && p < range.end;
               p += hotplug_->block_pages())
            co_await hotplug_->online(host_, hotplug_->block_of(p), online_);
          co_return added;
        },
        .unplug = [this](PfnRange range, std::function<Task<Unplugged>()> work) -> Task<Unplugged> {
          if (meanwhile_) meanwhile_();
          if (keep_blocks_) {  // its sub-blocks go, and the block cannot be removed
            const OpResult taken = co_await hotplug_->fake_offline(host_, range);
            co_return Unplugged{.result = taken, .pages = range.pages()};
          }
          Unplugged done = co_await work();
          if (done.empty)
            done.removed = (co_await hotplug_->remove(host_, range)).status == Status::ok;
          co_return done;
        },
        .excluded = [](std::function<Task<void>()> work) -> Task<void> { co_await work(); }};
  }
  VirtioMemEnd run() {
    const VirtioMemEnd end = CountingHost::run(driver_->run_wq(host_));
    if (end != VirtioMemEnd::dead) mm_->validate();
    return end;
  }
  VirtioMemEnd request(std::int64_t mib) {
    driver_->config_changed(Bytes{mib * kMiB});
    return run();
  }
  /// The timer fires; after how many seconds it did.
  std::int64_t expire() {
    const std::int64_t after = driver_->timer().value_or(SimTime{-1}).value / kSecond;
    driver_->timer_expired();
    return after;
  }
  std::int64_t plugged_mib() const { return driver_->plugged().value / 256; }
  BlockId block(std::int64_t b) const {
    return hotplug_->block_of(pfn_of(Bytes{4 * kGiB}) + hotplug_->block_pages() * b);
  }
  /// Plugged pages of a block.
  std::int64_t in_block(std::int64_t b) const {
    const PfnRange range = hotplug_->block_range(block(b));
    return (range.pages() - hotplug_->fake_offline_in(range)).value;
  }
  OpResult online(std::int64_t b, OnlineType type) {
    return CountingHost::run(hotplug_->online(host_, block(b), type));
  }
  Zone& zone(ZoneType type = ZoneType::movable) { return mm_->zone(NodeId{0}, type); }
  /// Takes all memory but so many pages.
  std::vector<Pfn> take_all(std::size_t leave) {
    std::vector<Pfn> taken;
    while (const auto pages = mm_->alloc_pages({.node = NodeId{0}}, mm_->nobody()))
      taken.push_back(pages->pfn);
    for (; leave > 0; --leave, taken.pop_back()) mm_->free_pages(taken.back(), 0, mm_->nobody());
    return taken;
  }

  bool keep_blocks_ = false;
  std::function<void()> meanwhile_;  ///< what happens when the driver turns to the host
  OnlineType online_ = OnlineType::offline;
  PageCount boot_total_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
  std::unique_ptr<VirtioMem> driver_;
};

// 300 MiB are two blocks and 22 sub-blocks of a third, which is present as a whole.
TEST_F(Driver, a_block_that_is_plugged_in_part_is_present_as_a_whole_and_managed_in_part) {
  boot_with({});
  EXPECT_EQ(request(300), VirtioMemEnd::done);
  EXPECT_EQ(plugged_mib(), 300);
  EXPECT_EQ(zone().present_pages, kBlock * 3);
  EXPECT_EQ(zone().managed_pages, kSubBlock * 150);
  EXPECT_EQ(zone().buddy.free_pages(), kSubBlock * 150);
  EXPECT_EQ(in_block(2), 22 * 512);
  EXPECT_EQ(driver_->count(VirtioMemState::movable), 2);
  EXPECT_EQ(driver_->count(VirtioMemState::movable_partial), 1);
  EXPECT_FALSE(driver_->timer());
}

TEST_F(Driver, a_request_that_grows_fills_the_block_before_it_adds_another) {
  boot_with({});
  request(300);
  EXPECT_EQ(request(400), VirtioMemEnd::done);
  EXPECT_EQ(in_block(2), 32768);
  EXPECT_EQ(in_block(3), 8 * 512);
  EXPECT_EQ(zone().present_pages, kBlock * 4);
  EXPECT_EQ(zone().managed_pages, kSubBlock * 200);
}

// The block that is plugged in part goes first, then of the highest as much as is left.
TEST_F(Driver, a_request_that_shrinks_takes_partly_plugged_blocks_first_and_then_from_the_end) {
  boot_with({});
  request(300);
  EXPECT_EQ(request(200), VirtioMemEnd::done);
  EXPECT_FALSE(hotplug_->block(block(2)).present()) << "22 sub-blocks, the block with them";
  EXPECT_EQ(in_block(1), 32768 - 28 * 512);
  EXPECT_EQ(hotplug_->fake_offline_in({hotplug_->block_range(block(1)).start + kSubBlock * 36,
                                       hotplug_->block_range(block(1)).end}),
            kSubBlock * 28)
      << "its last sub-blocks";
  EXPECT_EQ(zone().present_pages, kBlock * 2);
  EXPECT_EQ(zone().managed_pages, kSubBlock * 100);
  EXPECT_EQ(request(0), VirtioMemEnd::done);
  EXPECT_EQ(zone().present_pages.value, 0);
  EXPECT_EQ(zone().managed_pages.value, 0);
  EXPECT_EQ(mm_->mem_total(), boot_total_);
}

// What is smaller than a sub-block is left: device blocks of 1 MiB, and sub-blocks of a pageblock.
TEST_F(Driver, less_than_a_sub_block_is_not_plugged) {
  boot_with({.device_block = Bytes{kMiB}});
  EXPECT_EQ(request(129), VirtioMemEnd::done);
  EXPECT_EQ(plugged_mib(), 128);
}

// Up to 5.18 a sub-block has the largest order.
TEST_F(Driver, sub_blocks_are_pageblocks_or_blocks_of_the_largest_order_or_of_the_device) {
  boot_with({});
  EXPECT_EQ(driver_->unit().value, 512);
  KernelProfile old;
  old.virtio_mem_sub_block = VirtioMemSubBlock::largest_order;
  boot_with({}, old);
  EXPECT_EQ(driver_->unit().value, 1024);
  boot_with({.device_block = Bytes{64 * kMiB}});
  EXPECT_EQ(driver_->unit().value, 16384);
  EXPECT_TRUE(driver_->in_sbm());
  boot_with({.device_block = Bytes{128 * kMiB}});
  EXPECT_FALSE(driver_->in_sbm()) << "at least two sub-blocks to a block";
}

TEST_F(Driver, offline_blocks_are_filled_last_and_go_first) {
  boot_with({.online = OnlineType::offline});
  EXPECT_EQ(request(450), VirtioMemEnd::done);
  online(0, OnlineType::online_movable);
  online(3, OnlineType::online_kernel);
  EXPECT_EQ(in_block(3), 33 * 512);
  EXPECT_EQ(zone(ZoneType::normal).managed_pages, kSubBlock * 33);
  EXPECT_EQ(request(500), VirtioMemEnd::done) << "the block in the kernel zone is filled";
  EXPECT_EQ(in_block(3), 58 * 512);
  EXPECT_EQ(request(300), VirtioMemEnd::done) << "the offline blocks go, the highest first";
  EXPECT_FALSE(hotplug_->block(block(2)).present());
  EXPECT_EQ(in_block(1), 28 * 512);
  EXPECT_EQ(in_block(0), 32768);
  online(1, OnlineType::online_movable);
  EXPECT_EQ(zone().managed_pages, kSubBlock * (64 + 28)) << "what is unplugged stays so";
}

// Movable blocks in part, kernel blocks in part, whole movable ones, whole kernel ones (5.14);
// before, the highest address first whatever the zone.
TEST_F(Driver, zone_movable_goes_before_kernel_zones_from_5_14_on) {
  for (const bool apart : {true, false}) {
    KernelProfile profile;
    profile.virtio_mem_zones_apart = apart;
    boot_with({.online = OnlineType::offline}, profile);
    request(256);
    online(0, OnlineType::online_movable);
    online(1, OnlineType::online_kernel);
    EXPECT_EQ(request(128), VirtioMemEnd::done);
    EXPECT_EQ(hotplug_->block(block(0)).present(), !apart);
    EXPECT_EQ(hotplug_->block(block(1)).present(), apart);
  }
}

// virtio_mem_sbm_plug_request: partly plugged blocks of kernel zones are filled before Movable
// ones.
TEST_F(Driver, what_is_plugged_goes_to_kernel_zones_first) {
  boot_with({.online = OnlineType::offline});
  request(192);
  online(0, OnlineType::online_movable);
  online(1, OnlineType::online_kernel);
  // The kernel uses nearly all that it has of block 1, so that what goes is of the Movable block.
  while (mm_->alloc_pages({.node = NodeId{0}}, mm_->nobody())) continue;
  EXPECT_EQ(request(160), VirtioMemEnd::done);
  const auto movable = in_block(0), kernel = in_block(1);
  ASSERT_LT(movable, 64 * 512) << "plugged in part";
  EXPECT_EQ(request(176), VirtioMemEnd::done);
  EXPECT_EQ(in_block(0), movable);
  EXPECT_EQ(in_block(1), kernel + 8 * 512);
}

TEST_F(Driver, without_unplug_online_only_offline_memory_goes) {
  boot_with({.online = OnlineType::offline, .unplug_online = false});
  request(256);
  online(0, OnlineType::online_movable);
  EXPECT_EQ(request(0), VirtioMemEnd::done);
  EXPECT_EQ(plugged_mib(), 128);
  EXPECT_FALSE(driver_->timer());
  EXPECT_TRUE(driver_->offline()) << "it goes on when somebody takes a block offline";
}

// VIRTIO_MEM_DEFAULT_OFFLINE_THRESHOLD: 1 GiB waits; once half of it is online the driver goes on.
TEST_F(Driver, stops_at_1_GiB_that_is_offline_and_goes_on_at_half_of_it) {
  boot_with({.online = OnlineType::offline});
  EXPECT_EQ(request(2048), VirtioMemEnd::enospc);
  EXPECT_EQ(plugged_mib(), 1024);
  EXPECT_FALSE(driver_->timer());
  for (std::int64_t b = 0; b < 3; ++b) {
    online(b, OnlineType::online_movable);
    EXPECT_FALSE(driver_->online()) << b;
  }
  online(3, OnlineType::online_movable);
  EXPECT_TRUE(driver_->online());
  EXPECT_EQ(run(), VirtioMemEnd::enospc);
  EXPECT_EQ(plugged_mib(), 1536);
}

TEST_F(Driver, stops_where_the_region_ends) {
  boot_with({.device = Bytes{300 * kMiB}});
  EXPECT_EQ(request(300), VirtioMemEnd::enospc) << "44 MiB are no memory block";
  EXPECT_EQ(plugged_mib(), 256);
}

// A machine of 512 MiB, all of it taken: no page of memmap is to be had. VIRTIO_MEM_RETRY_TIMER:
// 50 s, then twice as long each time, 300 s at most.
TEST_F(Driver, after_ENOMEM_tries_again_in_50_s_doubling_to_300_s) {
  boot_with({.memory = Bytes{512 * kMiB}});
  const std::vector<Pfn> taken = take_all(kReserve);
  EXPECT_EQ(request(1024), VirtioMemEnd::enomem);
  EXPECT_EQ(plugged_mib(), 0);
  EXPECT_EQ(hotplug_->counters().unplug_requests, 1) << "what was plugged is given back";
  for (const std::int64_t seconds : {50, 100, 200, 300, 300}) {
    EXPECT_EQ(expire(), seconds);
    EXPECT_EQ(run(), VirtioMemEnd::enomem);
  }
  for (const Pfn p : taken) mm_->free_pages(p, 0, mm_->nobody());
  expire();
  EXPECT_EQ(run(), VirtioMemEnd::done) << "once there is room it goes on";
  EXPECT_EQ(plugged_mib(), 1024);
  EXPECT_FALSE(driver_->timer());
  take_all(kReserve);
  EXPECT_EQ(request(4096), VirtioMemEnd::enomem);
  EXPECT_EQ(expire(), 50) << "and success sets the time back";
}

TEST_F(Driver, a_new_request_is_followed_at_once_and_does_not_set_the_time_back) {
  boot_with({.memory = Bytes{512 * kMiB}});
  const std::vector<Pfn> taken = take_all(kReserve);
  request(1024);
  expire();
  run();
  EXPECT_EQ(driver_->timer()->value / kSecond, 100);
  EXPECT_EQ(request(512), VirtioMemEnd::enomem);
  EXPECT_EQ(driver_->timer()->value / kSecond, 100);
  EXPECT_EQ(request(0), VirtioMemEnd::done) << "nothing is plugged, and nothing requested";
  EXPECT_FALSE(driver_->timer());
}

// A page of the kernel in a kernel zone holds its sub-block. The block before it went, so that the
// driver tries at once again, and then every 50 s and so on.
TEST_F(Driver, after_EBUSY_tries_again_in_50_s_doubling_to_300_s) {
  boot_with({.online = OnlineType::online_kernel});
  request(256);
  Zone& normal = zone(ZoneType::normal);
  std::vector<Pfn> taken;
  while (taken.empty() || hotplug_->block_of(taken.back()) != block(0)) {
    const auto pages = mm_->alloc_pages({.node = NodeId{0}, .order = kMaxOrder}, mm_->nobody());
    ASSERT_TRUE(pages);
    taken.push_back(pages->pfn);
  }
  for (std::size_t i = 0; i + 1 < taken.size(); ++i)
    mm_->free_pages(taken[i], kMaxOrder, mm_->nobody());
  EXPECT_EQ(request(0), VirtioMemEnd::ebusy);
  EXPECT_EQ(plugged_mib(), 4);
  EXPECT_EQ(normal.managed_pages, kSubBlock * 2);
  EXPECT_EQ(normal.present_pages, kBlock);
  for (const std::int64_t seconds : {50, 100, 200, 300, 300}) {
    EXPECT_EQ(expire(), seconds);
    EXPECT_EQ(run(), VirtioMemEnd::ebusy);
  }
  mm_->free_pages(taken.back(), kMaxOrder, mm_->nobody());
  expire();
  EXPECT_EQ(run(), VirtioMemEnd::done);
  EXPECT_FALSE(hotplug_->block(block(0)).present());
}

// Of a block nothing is plugged any more, and it could not be removed (have_unplugged_mb, 6.6).
TEST_F(Driver, a_removal_that_failed_is_tried_again_from_6_6_on) {
  for (const bool retries : {true, false}) {
    KernelProfile profile;
    profile.virtio_mem_retries_removal = retries;
    boot_with({.online = OnlineType::online_movable}, profile);
    request(128);
    keep_blocks_ = true;
    EXPECT_EQ(request(0), retries ? VirtioMemEnd::ebusy : VirtioMemEnd::done);
    EXPECT_EQ(plugged_mib(), 0);
    EXPECT_TRUE(hotplug_->block(block(0)).present());
    EXPECT_EQ(driver_->timer().has_value(), retries);
    keep_blocks_ = false;
    if (!retries) continue;
    EXPECT_EQ(expire(), 50);
    EXPECT_EQ(run(), VirtioMemEnd::done);
    EXPECT_FALSE(hotplug_->block(block(0)).present());
  }
}

// Movable memory that fits nowhere else ends the unplug with ENOMEM.
TEST_F(Driver, what_fits_nowhere_else_is_want_of_memory) {
  boot_with({.memory = Bytes{512 * kMiB}});
  request(1024);
  UserPages process(*mm_);
  process.take(mm_->mem_free() - PageCount{20000}, NodeId{0});
  EXPECT_EQ(request(0), VirtioMemEnd::enomem);
  EXPECT_EQ(driver_->timer()->value / kSecond, 50);
}

// Two memory blocks are a big block: all of it or nothing.
TEST_F(Driver, a_device_block_above_a_memory_block_comes_and_goes_as_one) {
  boot_with({.device_block = Bytes{256 * kMiB}});
  EXPECT_FALSE(driver_->in_sbm());
  EXPECT_EQ(request(768), VirtioMemEnd::done);
  EXPECT_EQ(zone().present_pages, kBlock * 6);
  EXPECT_EQ(driver_->count(VirtioMemState::added), 3);
  UserPages process(*mm_);
  process.take(PageCount{5000}, NodeId{0});
  const PageCount there = process.pages_in(hotplug_->block_range(block(5)));
  EXPECT_EQ(request(256), VirtioMemEnd::done);
  EXPECT_EQ(zone().present_pages, kBlock * 2);
  EXPECT_EQ(hotplug_->counters().unplug_requests, 2);
  EXPECT_EQ(process.held().value, 5000) << there.value;
}

TEST_F(Driver, a_big_block_that_the_kernel_uses_is_left_as_it_was) {
  boot_with({.device_block = Bytes{256 * kMiB}, .online = OnlineType::online_kernel});
  request(256);
  std::vector<Pfn> taken;
  while (taken.empty() || hotplug_->block_of(taken.back()) != block(1)) {
    const auto pages = mm_->alloc_pages({.node = NodeId{0}, .order = kMaxOrder}, mm_->nobody());
    ASSERT_TRUE(pages);
    taken.push_back(pages->pfn);
  }
  const PageCount managed = zone(ZoneType::normal).managed_pages;
  EXPECT_EQ(request(0), VirtioMemEnd::ebusy);
  EXPECT_EQ(plugged_mib(), 256);
  EXPECT_EQ(zone(ZoneType::normal).managed_pages, managed);
  EXPECT_EQ(hotplug_
                ->fake_offline_in(
                    {hotplug_->block_range(block(0)).start, hotplug_->block_range(block(1)).end})
                .value,
            0);
}

TEST_F(Driver, force_bbm_plugs_whole_memory_blocks) {
  boot_with({.force_bbm = true});
  EXPECT_EQ(request(300), VirtioMemEnd::done);
  EXPECT_EQ(plugged_mib(), 256);
}

// A memory block of 1 GiB whose memmap runs out on the way keeps the sections that it has got: the
// next try finds them, which the driver does not expect (virtio_mem_run_wq: -EEXIST).
// The host changes its mind while the driver asks it for memory or is about to give some back, at
// the first time, the second and so on.
TEST_F(Driver, follows_a_request_that_changes_at_any_moment) {
  for (const bool big_blocks : {false, true})
    for (const auto& [first, then] : {std::pair{2048, 640}, {2048, 3072}, {256, 1920}, {256, 0}})
      for (int moment = 0; moment < 20; ++moment) {
        SCOPED_TRACE(fmt::format("{} big blocks, {} then {}, at {}", big_blocks ? "" : "no", first,
                                 then, moment));
        boot_with({.force_bbm = big_blocks});
        ASSERT_EQ(request(1024), VirtioMemEnd::done);
        int asked = 0;
        meanwhile_ = [&, to = then] {
          if (asked++ == moment) driver_->config_changed(Bytes{to * kMiB});
        };
        EXPECT_EQ(request(first), VirtioMemEnd::done);
        meanwhile_ = {};
        EXPECT_EQ(plugged_mib(), asked > moment ? then : first);
        EXPECT_EQ(mm_->mem_total() - boot_total_, PageCount{plugged_mib() * 256});
        EXPECT_FALSE(driver_->timer());
      }
}

TEST_F(Driver, an_error_that_it_does_not_know_breaks_the_device) {
  boot_with({.memory = Bytes{512 * kMiB}, .memory_block = Bytes{kGiB}});
  take_all(3000);
  EXPECT_EQ(request(1024), VirtioMemEnd::enomem);
  expire();
  EXPECT_EQ(run(), VirtioMemEnd::broken);
  EXPECT_NE(driver_->broken().find("unknown error, marking device broken: EEXIST"),
            std::string::npos)
      << driver_->broken();
  EXPECT_FALSE(driver_->timer());
  EXPECT_EQ(request(0), VirtioMemEnd::broken) << "it is not heard any more";
}

// alloc_low_page finds nothing even in the reserves: the worker follows a null pointer.
TEST_F(Driver, no_page_for_a_direct_map_table_kills_the_worker) {
  boot_with({.memory = Bytes{512 * kMiB}});
  take_all(0);
  EXPECT_EQ(request(128), VirtioMemEnd::dead);
}

TEST_F(Driver, no_page_for_a_direct_map_table_is_want_of_memory_as_has_been_proposed) {
  KernelProfile handled;
  handled.direct_map_failure_handled = true;
  boot_with({.memory = Bytes{512 * kMiB}}, handled);
  take_all(0);
  EXPECT_EQ(request(128), VirtioMemEnd::enomem);
}

// No kernel has it: the head of each block holds its memmap, is never taken by itself, and goes
// with the last of the block.
TEST_F(Driver, the_memmap_lies_in_the_range_where_the_profile_says_so) {
  boot_with({.placement = "hotplugged_range"});
  request(256);
  EXPECT_EQ(hotplug_->counters().memmap_pages_range, 0) << "today's kernels never ask for it";
  KernelProfile proposed;
  proposed.virtio_mem_memmap_on_memory = true;
  boot_with({.placement = "hotplugged_range"}, proposed);
  EXPECT_EQ(request(300), VirtioMemEnd::done);
  EXPECT_EQ(hotplug_->counters().memmap_pages_range, 3 * 512);
  EXPECT_EQ(zone().managed_pages, kSubBlock * (150 - 3));
  EXPECT_EQ(request(132), VirtioMemEnd::done);
  EXPECT_EQ(in_block(1), 2 * 512);
  EXPECT_EQ(request(0), VirtioMemEnd::done);
  EXPECT_EQ(zone().present_pages.value, 0);
}

}  // namespace
}  // namespace mhp::kernel::virtio_mem_test
