// 64 GiB on a fresh node under every placement, memory blocks of 128 MiB and of 2 GiB: what the
// description of the placements says of each, worked out by hand. With P pages in a block and V of
// memmap for each, T pages in all and W = T / 64 of memmap: in the head of each block stand V, of
// hosts 32768 (a section), of a device W.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::closed_forms_test {
namespace {

constexpr std::int64_t T = 16'777'216;
constexpr std::int64_t W = 262'144;
constexpr std::int64_t k8GiB = 2'097'152;

struct Row {
  std::int64_t boot = 0;        ///< memmap from the page allocator
  std::int64_t range = 0;       ///< memmap in the range
  std::int64_t leaves = 64;     ///< of the direct map
  std::int64_t written = 0;     ///< struct pages of heads, by the addition
  std::int64_t present = T;     ///< in the zone of the blocks
  std::int64_t managed = T;     ///< there
  std::int64_t normal = 0;      ///< present in ZONE_NORMAL where the blocks go to ZONE_MOVABLE
  std::int64_t in_movable = 0;  ///< that cannot move
  std::int64_t elsewhere = 0;   ///< blocks in Movable whose memmap lies in another zone
  std::int64_t sections = 0;    ///< online without a usable page
  std::int64_t away = 0;        ///< pages that go away together; 0: a block
  std::int64_t gigantic = 64;   ///< 1 GiB pages that a kernel zone could give
};

Row in_blocks(std::int64_t block) {
  return {.range = W,
          .leaves = block < 262'144 ? T / 512 : 64,
          .managed = T - W,
          .in_movable = W,
          .gigantic = block < 262'144 ? 0 : 32};
}

Row early(std::int64_t block) {
  Row row = in_blocks(block);
  row.written = W;
  row.present = T - W;
  row.normal = W;
  row.in_movable = 0;
  row.elsewhere = T / block;
  return row;
}

Row without_zone(std::int64_t block, std::int64_t written) {
  Row row = early(block);
  row.written = written;
  row.normal = 0;
  return row;
}

/// Memmap of `together` pages of memory at their start.
Row packed(std::int64_t together, std::int64_t written, std::int64_t away) {
  const std::int64_t lost = (T / together) * (together / 64 + 262'143) / 262'144;
  return {.range = W,
          .written = written,
          .managed = T - W,
          .in_movable = W,
          .sections = W / 32768,
          .away = away,
          .gigantic = 64 - lost};
}

std::map<std::string, Row> rows(std::int64_t block) {
  const Row boot_memory{.boot = W};
  return {{"boot_memory", boot_memory},
          {"v5_patch", boot_memory},  // of more than one block
          {"boot_reservation", {}},
          {"hotplugged_range", in_blocks(block)},
          {"hotplugged_range_force", in_blocks(block)},
          {"per_block", in_blocks(block)},
          {"late_altmap", in_blocks(block)},
          {"early_kernel_zone", early(block)},
          {"early_kernel_zone_lookup", early(block)},
          {"subsection_map", early(block)},
          {"own_zone", without_zone(block, W)},
          {"hole", without_zone(block, 0)},
          {"altmap_unit", packed(T, 0, T)},
          {"per_device", packed(T, W, T)},
          {"marked_vmemmap", packed(T, W, T)},
          {"by_zone", packed(T, W, T)},  // a fresh node's memory would go to Normal
          {"grouped", packed(k8GiB, 0, k8GiB)},
          {"earlier_blocks", packed(k8GiB, W, k8GiB)},
          {"moved_at_remove", packed(k8GiB, W, 0)}};
}

class ClosedForms : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void run(const std::string& name, const Row& row, OnlineType type) {
    TestMachine m(name, "acpi_dimm", [](KernelConfig& config, KernelProfile& profile) {
      config.memory_block_size = bytes_of(PageCount{GetParam()});
      profile.sections_per_root = 0;
    });
    const PfnRange range{pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{128 * kGiB})};
    ASSERT_EQ(m.add(range).status, Status::ok);
    const HotplugCounters& c = m.counters();
    const bool late = name == "late_altmap";
    EXPECT_EQ(c.memmap_pages_boot, row.boot);
    EXPECT_EQ(c.memmap_pages_range, late ? 0 : row.range);
    EXPECT_EQ(c.direct_map_leaves, late ? 0 : row.leaves);
    EXPECT_EQ(c.head_pages_initialised, row.written);
    for (Pfn p = range.start; p < range.end; p += PageCount{GetParam()}) {
      const BlockId b = m.block_of(p);
      if (m.hotplug().block(b).state == MemoryBlock::State::online) continue;  // with its unit
      ASSERT_EQ(m.online(b, type).status, Status::ok);
    }
    const bool movable = type == OnlineType::online_movable;
    const Zone& zone = m.zone(movable ? ZoneType::movable : ZoneType::normal);
    EXPECT_EQ(c.memmap_pages_range, row.range);
    EXPECT_EQ(c.direct_map_leaves, row.leaves);
    EXPECT_EQ(zone.present_pages.value, row.present + (movable ? 0 : row.normal));
    EXPECT_EQ(zone.managed_pages.value, row.managed);
    EXPECT_EQ(zone.free_pages().value, row.managed);
    EXPECT_EQ(m.heads().sections_without, row.sections);
    EXPECT_EQ(m.hotplug().largest_away_unit().value, row.away > 0 ? row.away : GetParam());
    EXPECT_EQ(c.struct_pages_initialised, name == "hole" ? T - W : T);
    if (movable) {
      EXPECT_EQ(m.zone(ZoneType::normal).present_pages.value, row.normal);
      EXPECT_EQ(m.heads().in_movable.value, row.in_movable);
      EXPECT_EQ(m.heads().in_other_zone, row.elsewhere);
    } else {
      EXPECT_EQ(m.heads().in_movable.value, 0);
      EXPECT_EQ(m.hotplug().gigantic_pages_possible(range), row.gigantic);
    }
    m.mm().validate();
  }
};

TEST_P(ClosedForms, hold_for_every_placement) {
  const auto expected = rows(GetParam());
  for (const auto& [name, placement] : placements().entries()) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(expected.contains(name)) << "work out what it comes to";
    run(name, expected.at(name), OnlineType::online_movable);
    run(name, expected.at(name), OnlineType::online_kernel);
  }
}

INSTANTIATE_TEST_SUITE_P(blocks, ClosedForms, ::testing::Values(32'768, 524'288),
                         [](const auto& block) {
                           return std::to_string(block.param * kPageSize / kMiB) + "MiB";
                         });

}  // namespace
}  // namespace mhp::kernel::closed_forms_test
