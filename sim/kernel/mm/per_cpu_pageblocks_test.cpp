#include "sim/kernel/mm/per_cpu_pageblocks.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {
namespace {

TEST(per_cpu_pageblocks, every_second_request_leaves_the_buddy_alone) {
  Buddy buddy;
  buddy.append({Pfn{0}, Pfn{8 * kPageblockPages}});
  PerCpuPageblocks lists;
  std::int64_t taken = 0;
  for (std::int64_t left = 6; left >= 0; left -= 2) {
    for (const std::int64_t spare : {1, 0}) {
      EXPECT_EQ(lists.take(MigrateType::movable, buddy)->value, taken++ * kPageblockPages);
      EXPECT_EQ(buddy.free_pages().value, left * kPageblockPages);
      EXPECT_EQ(lists.pages().value, spare * kPageblockPages);
    }
  }
  EXPECT_FALSE(lists.take(MigrateType::movable, buddy));
}

TEST(per_cpu_pageblocks, each_migrate_type_has_its_own_spare_and_draining_gives_all_back) {
  Buddy buddy;
  buddy.append({Pfn{0}, Pfn{8 * kPageblockPages}});
  PerCpuPageblocks lists;
  lists.take(MigrateType::movable, buddy);
  lists.take(MigrateType::unmovable, buddy);
  EXPECT_EQ(lists.pages().value, 2 * kPageblockPages);
  lists.drain(buddy);
  EXPECT_EQ(lists.pages().value, 0);
  EXPECT_EQ(buddy.free_pages().value, 6 * kPageblockPages);
  buddy.validate();
}

// A spare is free memory, but no watermark sees it.
TEST(per_cpu_pageblocks, spares_count_as_free_in_the_zone_but_not_for_watermarks) {
  machine::Description machine;
  machine.nodes = {{Bytes{2 * kGiB}, 1}};
  machine.distance = {{10}};
  const KernelConfig config;
  Mm mm(boot(machine, config), config, {});
  const PageCount free = mm.mem_free();
  ASSERT_TRUE(mm.alloc_pages({.node = NodeId{0}, .order = kPageblockOrder}));
  EXPECT_EQ((free - mm.mem_free()).value, kPageblockPages);
  const Zone& zone = mm.zone(NodeId{0}, ZoneType::dma32);
  EXPECT_EQ((zone.free_pages() - zone.buddy.free_pages()).value, kPageblockPages);
  mm.validate();
}

}  // namespace
}  // namespace mhp::kernel
