// Offlining blocks in use, and huge pages on hot-added nodes.
#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/lock_watch.hpp"
#include "sim/kernel/mm/user_pages.hpp"

namespace mhp::kernel::offline_test {
namespace {

constexpr NodeId kAdded{1};

/// Boot memory on node 0; a range on node 1, added and online.
class Offline : public ::testing::Test {
 protected:
  void boot_with(Bytes memory, Bytes added, OnlineType type,
                 const std::string& placement = "boot_memory", Bytes block = Bytes{128 * kMiB}) {
    machine::Description machine;
    machine.nodes = {{memory, 4}, {Bytes{0}, 0}};
    machine.distance = {{10, 20}, {20, 10}};
    KernelConfig config;
    config.memmap_placement = placement;
    config.memory_block_size = block;
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
    range_ = {pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{64 * kGiB} + added)};
    EXPECT_EQ(run(hotplug_->add(host_, {kAdded, range_})).status, Status::ok);
    for (Pfn p = range_.start; p < range_.end; p += hotplug_->block_pages())
      EXPECT_EQ(run(hotplug_->online(host_, hotplug_->block_of(p), type)).status, Status::ok);
  }
  OpResult offline(std::int64_t block) {
    return run(hotplug_->offline(
        host_, hotplug_->block_of(range_.start + hotplug_->block_pages() * block)));
  }
  Zone& zone(ZoneType type) { return mm_->zone(kAdded, type); }
  static OpResult run(Task<OpResult> task) { return CountingHost::run(std::move(task)); }

  PfnRange range_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

TEST_F(Offline, user_pages_move_to_another_node_and_the_block_goes) {
  boot_with(Bytes{2 * kGiB}, Bytes{kGiB}, OnlineType::online_movable);
  UserPages process(*mm_);
  process.take(PageCount{5000}, kAdded);
  const PageCount held = process.pages_in(hotplug_->block_range(hotplug_->block_of(range_.start)));
  ASSERT_EQ(held.value, 5000) << "a fresh zone is handed out in ascending order";
  const PageCount boot_free = mm_->mem_free() - zone(ZoneType::movable).free_pages();
  EXPECT_EQ(offline(0).status, Status::ok);
  EXPECT_EQ(hotplug_->counters().pages_migrated, 5000);
  EXPECT_EQ(host_.spent(Primitive::migrate_page), 5000);
  EXPECT_EQ(process.held().value, 5000);
  EXPECT_EQ(process.pages_in(range_).value, 0) << "the block's own node gives no room";
  EXPECT_EQ((boot_free - (mm_->mem_free() - zone(ZoneType::movable).free_pages())).value, 5000);
  EXPECT_EQ(zone(ZoneType::movable).managed_pages.value, 7 * 32768);
  mm_->validate();
}

// zone_pcp_disable and zone_pcp_enable write to each CPU's lists, and the watermarks that follow to
// those of every node and, three times, of every zone (recompute_watermarks).
TEST_F(Offline, the_lists_of_every_cpu_are_closed_and_opened) {
  boot_with(Bytes{2 * kGiB}, Bytes{kGiB}, OnlineType::online_kernel);
  const std::int64_t before = host_.spent(Primitive::percpu_line);
  ASSERT_EQ(offline(0).status, Status::ok);
  const std::int64_t thresholds =
      (mm_->online_nodes() + 3 * mm_->populated_zones()) * mm_->online_cpus();
  EXPECT_EQ(host_.spent(Primitive::percpu_line) - before, 2 * mm_->online_cpus() + thresholds);
}

TEST_F(Offline, a_page_of_the_kernel_pins_its_block_and_no_other) {
  boot_with(Bytes{2 * kGiB}, Bytes{kGiB}, OnlineType::online_kernel);
  const auto page = mm_->alloc_pages({.node = kAdded, .this_node = true}, mm_->nobody());
  ASSERT_TRUE(page);
  EXPECT_EQ(offline(0).status, Status::ebusy);
  EXPECT_EQ(offline(1).status, Status::ok);
  mm_->free_pages(page->pfn, 0, mm_->nobody());
  EXPECT_EQ(offline(0).status, Status::ok);
  mm_->validate();
}

TEST_F(Offline, without_room_elsewhere_nothing_is_lost) {
  boot_with(Bytes{512 * kMiB}, Bytes{2 * kGiB}, OnlineType::online_movable);
  UserPages process(*mm_);
  process.take(PageCount{16 * 32768 - 2000}, kAdded);
  const PageCount free = mm_->mem_free();
  std::int64_t block = 0;
  while (block < 16 && offline(block).status == Status::ok) ++block;
  EXPECT_GT(block, 0) << "the first blocks find room";
  ASSERT_LT(block, 16) << "512 MiB cannot take 2 GiB";
  const OpResult refused = offline(block);
  EXPECT_EQ(refused.status, Status::ebusy);
  EXPECT_NE(refused.reason.find("no room"), std::string::npos) << refused.reason;
  EXPECT_EQ(process.held().value, 16 * 32768 - 2000);
  EXPECT_EQ(free - mm_->mem_free(), PageCount{block * 32768})
      << "only the blocks that went have left";
  mm_->validate();
}

// Whether it goes or not, and though a page of it is freed just then, by somebody who pays later.
TEST_F(Offline, a_block_changes_free_lists_while_the_lock_is_held) {
  bool over = false;
  for (std::int64_t steps = 0; !over; ++steps) {
    boot_with(Bytes{kGiB}, Bytes{2 * kGiB}, OnlineType::online_movable);
    mm_->account_work();
    UserPages process(*mm_);
    process.take(PageCount{1000}, kAdded);
    const AllocRequest large{.node = kAdded,
                             .order = kMaxOrder,
                             .type = MigrateType::movable,
                             .highest = ZoneType::movable};
    const auto chunk = mm_->alloc_pages(large, mm_->nobody());
    Receipt other = mm_->receipt();
    LockWatch host(*mm_);
    host.meanwhile(steps, [&] { mm_->free_pages(chunk->pfn, kMaxOrder, other); });
    const BlockId block = hotplug_->block_of(chunk->pfn);
    const bool gone = run(hotplug_->offline(host, block)).status == Status::ok;
    over = host.over();
    EXPECT_EQ(host.unlocked(), 0) << steps;
    EXPECT_EQ(zone(ZoneType::movable).isolated_pages.value, 0);
    mm_->validate();
    CountingHost::run(other.spend(host_));
    mm_->validate();
    const PfnRange pages = hotplug_->block_range(block);
    EXPECT_EQ(zone(ZoneType::movable).buddy.free_in(pages).value > 0, !gone);
    EXPECT_TRUE(gone || steps > 0) << "what is being freed is not in use";
    EXPECT_TRUE(!gone || !over) << "somebody keeps it";
  }
}

TEST_F(Offline, a_block_that_stays_changes_free_lists_while_the_lock_is_held) {
  boot_with(Bytes{512 * kMiB}, Bytes{2 * kGiB}, OnlineType::online_movable);
  mm_->account_work();
  UserPages process(*mm_);
  process.take(PageCount{16 * 32768 - 2000}, kAdded);
  LockWatch host(*mm_);
  const auto offline_watched = [&](std::int64_t block) {
    return run(hotplug_->offline(
        host, hotplug_->block_of(range_.start + hotplug_->block_pages() * block)));
  };
  std::int64_t block = 0;
  while (block < 16 && offline_watched(block).status == Status::ok) ++block;
  EXPECT_LT(block, 16);
  EXPECT_GT(host.spent(Primitive::pageblock_unisolate), 0);
  EXPECT_GT(host.locked(), 0);
  EXPECT_EQ(host.unlocked(), 0);
  mm_->validate();
}

// 2 MiB pages go in pairs while free - 511 > min; the spare of the last pair stays with the
// processor.
TEST_F(Offline, huge_pages_of_2_MiB_stop_at_the_min_watermark) {
  for (const OnlineType type : {OnlineType::online_kernel, OnlineType::online_movable}) {
    boot_with(Bytes{2 * kGiB}, Bytes{4 * kGiB}, type);
    const Zone& z = zone(type == OnlineType::online_kernel ? ZoneType::normal : ZoneType::movable);
    const std::int64_t above = z.free_pages().value - z.watermark.min.value - 511;
    Hugetlb hugetlb(*mm_);
    const std::int64_t got =
        hugetlb.set_nr_hugepages(kAdded, Bytes{2 * kMiB}, 1'000'000, mm_->nobody());
    EXPECT_EQ(got, 2 * ((above + 1023) / 1024) - 1);
    EXPECT_EQ(hugetlb.set_nr_hugepages(kAdded, Bytes{2 * kMiB}, 0, mm_->nobody()), 0);
    EXPECT_EQ(z.free_pages(), z.managed_pages);
    mm_->validate();
  }
}

TEST_F(Offline, huge_pages_of_1_GiB_need_a_kernel_zone_without_heads) {
  const auto got = [&](OnlineType type, const std::string& placement, Bytes block) {
    boot_with(Bytes{8 * kGiB}, Bytes{8 * kGiB}, type, placement, block);
    Hugetlb hugetlb(*mm_);
    const std::int64_t pages = hugetlb.set_nr_hugepages(kAdded, Bytes{kGiB}, 100, mm_->nobody());
    EXPECT_EQ(hugetlb.nr_hugepages(kAdded, Bytes{kGiB}), pages);
    EXPECT_EQ(hugetlb.set_nr_hugepages(kAdded, Bytes{kGiB}, 0, mm_->nobody()), 0);
    mm_->validate();
    return pages;
  };
  const Bytes small{128 * kMiB};
  EXPECT_EQ(got(OnlineType::online_kernel, "boot_memory", small), 8);
  EXPECT_EQ(got(OnlineType::online_kernel, "hotplugged_range", small), 0);
  EXPECT_EQ(got(OnlineType::online_kernel, "hotplugged_range", Bytes{2 * kGiB}), 4);
  EXPECT_EQ(got(OnlineType::online_movable, "boot_memory", small), 0);
}

// dissolve_free_hugetlb_folios: 80 pages of 2 MiB in a kernel zone or in Movable, in the first
// blocks of the fresh zone (64 a block).
TEST_F(Offline, free_huge_pages_leave_their_pool_when_their_block_goes) {
  for (const OnlineType type : {OnlineType::online_kernel, OnlineType::online_movable}) {
    boot_with(Bytes{2 * kGiB}, Bytes{512 * kMiB}, type);
    const Bytes size{2 * kMiB};
    Hugetlb hugetlb(*mm_);
    ASSERT_EQ(hugetlb.set_nr_hugepages(kAdded, size, 80, mm_->nobody()), 80);
    const PageCount inside = hugetlb.free_in({range_.start, range_.start + PageCount{32768}});
    ASSERT_GT(inside.value, 0);
    EXPECT_EQ(offline(0).status, Status::ok);
    EXPECT_EQ(hugetlb.nr_hugepages(kAdded, size), 80 - inside.value / 512);
    EXPECT_EQ(hugetlb.free_in({range_.start, range_.start + PageCount{32768}}).value, 0);
    EXPECT_EQ(hotplug_->counters().pages_migrated, 0) << "nobody uses them";
    mm_->validate();
    for (int block = 1; block < 4; ++block) EXPECT_EQ(offline(block).status, Status::ok);
    EXPECT_EQ(hugetlb.nr_hugepages(kAdded, size), 0);
    mm_->validate();
  }
}

TEST_F(Offline, a_mapped_huge_page_keeps_its_block) {
  boot_with(Bytes{2 * kGiB}, Bytes{256 * kMiB}, OnlineType::online_kernel);
  const Bytes size{2 * kMiB};
  Hugetlb hugetlb(*mm_);
  hugetlb.set_nr_hugepages(kAdded, size, 2, mm_->nobody());
  const Pfn mapped = *hugetlb.map(kAdded, size);
  const std::int64_t block = (mapped - range_.start) / hotplug_->block_pages();
  EXPECT_EQ(offline(block).status, Status::ebusy);
  EXPECT_EQ(hugetlb.nr_hugepages(kAdded, size), 2) << "what is refused takes none";
  hugetlb.unmap(kAdded, size, mapped);
  EXPECT_EQ(offline(block).status, Status::ok);
  mm_->validate();
}

// Of a page of 1 GiB whose block goes seven blocks' worth of memory becomes free.
TEST_F(Offline, a_gigantic_page_leaves_its_pool_as_a_whole) {
  boot_with(Bytes{4 * kGiB}, Bytes{2 * kGiB}, OnlineType::online_kernel);
  Hugetlb hugetlb(*mm_);
  ASSERT_EQ(hugetlb.set_nr_hugepages(kAdded, Bytes{kGiB}, 2, mm_->nobody()), 2);
  const PageCount free = zone(ZoneType::normal).free_pages();
  EXPECT_EQ(offline(3).status, Status::ok);
  EXPECT_EQ(hugetlb.nr_hugepages(kAdded, Bytes{kGiB}), 1);
  EXPECT_EQ(zone(ZoneType::normal).free_pages() - free, PageCount{7 * 32768});
  mm_->validate();
}

TEST_F(Offline, a_gigantic_page_moves_what_is_in_its_way) {
  boot_with(Bytes{2 * kGiB}, Bytes{2 * kGiB}, OnlineType::online_kernel);
  UserPages process(*mm_);
  process.take(PageCount{1000}, kAdded);
  Hugetlb hugetlb(*mm_);
  EXPECT_EQ(hugetlb.set_nr_hugepages(kAdded, Bytes{kGiB}, 1, mm_->nobody()), 1);
  EXPECT_EQ(process.pages_in({range_.start, range_.start + PageCount{kGiB / kPageSize}}).value, 0);
  EXPECT_EQ(process.held().value, 1000);
  mm_->validate();
}

}  // namespace
}  // namespace mhp::kernel::offline_test
