// The worked example of the model description: 64 GiB on a fresh node of an x86-64 machine, every
// figure of its table for both placements and both block sizes. The expected numbers are the
// table's, not the model's.
#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::worked_example_test {
namespace {

constexpr std::int64_t kProcesses = 400;

struct Row {
  const char* placement;
  std::int64_t block_mib;
  std::int64_t blocks, memmap_boot, memmap_range, order9, direct_leaves, direct_tables, table_pages,
      altmaps;
  std::int64_t chunks10, chunks9, pageblocks, checks, managed, mem_free_at_add, mem_free_net,
      unmovable_blocks;
  std::int64_t gigantic, tlb_flushes;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.placement << ", " << row.block_mib << " MiB";
}

class WorkedExample : public ::testing::TestWithParam<Row> {
 protected:
  WorkedExample() {
    const Row& row = GetParam();
    machine_.nodes = {{Bytes{512 * kGiB - 256 * kGiB}, 96}, {Bytes{0}, 0}};
    machine_.distance = {{10, 20}, {20, 10}};
    config_.memmap_placement = row.placement;
    config_.memory_block_size = Bytes{row.block_mib * kMiB};
    config_.processes = kProcesses;
    profile_.slab_per_block = Bytes{0};  // the table ignores slab
    profile_.slab_per_section = Bytes{0};
    profile_.sections_per_root = 0;
    boot_ = boot(machine_, config_);
    mm_ = std::make_unique<Mm>(boot_, config_, profile_);
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config_);
  }

  void add() {
    EXPECT_EQ(run(hotplug_->add(host_, {NodeId{1}, range_, NodeId{0}})).status, Status::ok);
  }
  void online_all() {
    for (Pfn p = range_.start; p < range_.end; p += hotplug_->block_pages())
      EXPECT_EQ(
          run(hotplug_->online(host_, hotplug_->block_of(p), OnlineType::online_kernel)).status,
          Status::ok);
  }
  static OpResult run(Task<OpResult> task) { return CountingHost::run(std::move(task)); }

  // 320 GiB: aligned to 64 GiB and in the 512 GiB slot that boot memory uses.
  const PfnRange range_{pfn_of(Bytes{320 * kGiB}), pfn_of(Bytes{384 * kGiB})};
  machine::Description machine_;
  KernelConfig config_;
  KernelProfile profile_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

TEST_P(WorkedExample, adding_takes_the_tables_memmap_and_page_tables) {
  const Row& row = GetParam();
  const auto free_before = mm_->mem_free();
  const auto total_before = mm_->mem_total();
  add();
  const HotplugCounters& c = hotplug_->counters();
  EXPECT_EQ(c.blocks, row.blocks);
  EXPECT_EQ(c.sections, 512);
  EXPECT_EQ(c.memmap_pages_boot, row.memmap_boot);
  EXPECT_EQ(c.memmap_pages_range, row.memmap_range);
  EXPECT_EQ(c.memmap_order9, row.order9);
  EXPECT_EQ(c.vmemmap_leaves, 512);
  EXPECT_EQ(c.vmemmap_tables, 1);
  EXPECT_EQ(c.direct_map_leaves, row.direct_leaves);
  EXPECT_EQ(c.direct_map_tables, row.direct_tables);
  EXPECT_EQ(c.page_table_pages(), row.table_pages);
  EXPECT_EQ(c.altmaps, row.altmaps);
  EXPECT_EQ(c.pgd_syncs, 512 * kProcesses);
  EXPECT_EQ((mm_->mem_free() - free_before).value, row.mem_free_at_add);
  EXPECT_EQ(mm_->mem_total(), total_before) << "adding changes no MemTotal";
  EXPECT_EQ(hotplug_->nr_memmap_pages(), 262'144);
}

TEST_P(WorkedExample, onlining_gives_the_tables_zone_and_counts) {
  const Row& row = GetParam();
  const auto free_before = mm_->mem_free();
  const auto total_before = mm_->mem_total();
  add();
  online_all();
  const HotplugCounters& c = hotplug_->counters();
  const Zone& zone = mm_->zone(NodeId{1}, ZoneType::normal);
  EXPECT_EQ(c.struct_pages_initialised, 16'777'216);
  EXPECT_EQ(host_.spent(Primitive::struct_page_init), 16'777'216);
  EXPECT_EQ(c.free_chunks_order10, row.chunks10);
  EXPECT_EQ(c.free_chunks_smaller, row.chunks9);
  EXPECT_EQ(c.pageblocks_unisolated, row.pageblocks);
  EXPECT_EQ(c.contiguity_checks, row.checks);
  EXPECT_EQ(c.wmark_recomputations, row.blocks);
  EXPECT_EQ(zone.spanned_pages.value, 16'777'216);
  EXPECT_EQ(zone.present_pages.value, 16'777'216);
  EXPECT_EQ(zone.managed_pages.value, row.managed);
  EXPECT_EQ((mm_->mem_total() - total_before).value, row.managed);
  EXPECT_EQ((mm_->mem_free() - free_before).value, row.mem_free_net);
  EXPECT_EQ(zone.buddy.pageblocks_in(range_, MigrateType::unmovable), row.unmovable_blocks);
  EXPECT_EQ(hotplug_->gigantic_pages_possible(range_), row.gigantic);
  EXPECT_FALSE(zone.contiguous) << "the walk runs before the new sections are online";
  mm_->validate();
}

TEST_P(WorkedExample, removing_everything_restores_every_count) {
  const Row& row = GetParam();
  const auto free_before = mm_->mem_free();
  const auto total_before = mm_->mem_total();
  const auto min_free_before = mm_->min_free_kbytes();
  add();
  online_all();
  for (Pfn p = range_.end - hotplug_->block_pages(); p >= range_.start;
       p = p - hotplug_->block_pages())
    ASSERT_EQ(run(hotplug_->offline(host_, hotplug_->block_of(p))).status, Status::ok);
  EXPECT_EQ(mm_->zone(NodeId{1}, ZoneType::normal).spanned_pages.value, 0);
  // Offlining from the top walks what remains: p*(NB-1-k) pageblocks at the k-th block, once for
  // each part.
  EXPECT_EQ(hotplug_->counters().contiguity_checks_offline,
            row.checks - row.blocks * (row.altmaps > 0 ? 2 : 1));
  ASSERT_EQ(run(hotplug_->remove(host_, range_)).status, Status::ok);
  EXPECT_EQ(hotplug_->counters().tlb_flushes, row.tlb_flushes);
  EXPECT_EQ(mm_->mem_free(), free_before);
  EXPECT_EQ(mm_->mem_total(), total_before);
  EXPECT_EQ(mm_->min_free_kbytes(), min_free_before);
  EXPECT_EQ(hotplug_->nr_memmap_pages(), 0);
  EXPECT_EQ(hotplug_->page_tables().table_pages(), 0);
  mm_->validate();
}

INSTANTIATE_TEST_SUITE_P(
    both_placements, WorkedExample,
    ::testing::Values(
        Row{"boot_memory", 128, 512,    262'144,   0,          512,      64,         0, 1,  0,
            16'384,        0,   32'768, 8'372'736, 16'777'216, -262'145, 16'515'071, 0, 64, 513},
        Row{"boot_memory", 2048, 32,     262'144, 0,          512,      64,         0, 1,  0,
            16'384,        0,    32'768, 507'936, 16'777'216, -262'145, 16'515'071, 0, 64, 513},
        Row{"hotplugged_range",
            128,
            512,
            0,
            262'144,
            0,
            32'768,
            64,
            65,
            512,
            15'872,
            512,
            32'256,
            16'745'472,
            16'515'072,
            -65,
            16'515'007,
            512,
            0,
            1024},
        Row{"hotplugged_range",
            2048,
            32,
            0,
            262'144,
            0,
            64,
            0,
            1,
            32,
            16'128,
            0,
            32'256,
            1'015'872,
            16'515'072,
            -1,
            16'515'071,
            512,
            32,
            544}),
    [](const auto& test) {
      return std::string(test.param.placement) + "_" + std::to_string(test.param.block_mib) + "MiB";
    });

}  // namespace
}  // namespace mhp::kernel::worked_example_test
