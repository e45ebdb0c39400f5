// Struct pages of other sizes than 64 bytes: sections whose memmap does not fill whole 2 MiB leaves
// share them with their neighbours (vmemmap_populate_hugepages, remove_pmd_table).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::struct_page_size_test {
namespace {

constexpr PfnRange gib(std::int64_t from, std::int64_t to) {
  return {pfn_of(Bytes{from * kGiB}), pfn_of(Bytes{to * kGiB})};
}
constexpr PfnRange mib(std::int64_t from, std::int64_t to) {
  return {pfn_of(Bytes{from * kMiB}), pfn_of(Bytes{to * kMiB})};
}

TestMachine::Change sized(std::int64_t bytes, std::int64_t block_mib = 128) {
  return [=](KernelConfig& config, KernelProfile& profile) {
    config.struct_page_size = Bytes{bytes};
    config.memory_block_size = Bytes{block_mib * kMiB};
    profile.sections_per_root = 0;
    profile.slab_per_block = profile.slab_per_section = Bytes{0};
  };
}

// 64 to 80 GiB are sections 512 to 639: with S bytes, pages 512 * 8 S to 640 * 8 S of the map.
TEST(struct_page_size, memmap_takes_whole_leaves) {
  struct Row {
    std::int64_t bytes, leaves;
  };
  for (const Row& r :
       {Row{8, 16}, {32, 64}, {56, 112}, {64, 128}, {72, 144}, {96, 192}, {128, 256}}) {
    TestMachine m("boot_memory", "acpi_dimm", sized(r.bytes));
    const PageCount before = m.mm().mem_free();
    ASSERT_EQ(m.add(gib(64, 80)).status, Status::ok);
    EXPECT_EQ(m.counters().memmap_order9, r.leaves) << r.bytes;
    EXPECT_EQ(m.counters().vmemmap_leaves, r.leaves) << r.bytes;
    EXPECT_EQ(m.counters().memmap_pages_boot, r.leaves * 512) << r.bytes;
    EXPECT_EQ(m.hotplug().nr_memmap_pages(), 128 * 8 * r.bytes) << r.bytes;
    EXPECT_EQ(m.hotplug().overhead().memmap_boot.value, r.leaves * 512) << r.bytes;
    ASSERT_EQ(m.remove(gib(64, 80)).status, Status::ok);
    EXPECT_EQ(before - m.mm().mem_free(), PageCount{m.hotplug().page_tables().table_pages()});
    EXPECT_EQ(m.hotplug().nr_memmap_pages(), 0) << r.bytes;
  }
}

// 32 bytes: 256 pages a section, so that an even section and the next share a leaf.
TEST(struct_page_size, a_shared_leaf_comes_with_the_first_and_goes_with_the_last) {
  TestMachine m("boot_memory", "acpi_dimm", sized(32));
  const PfnRange even = mib(65536, 65664), odd = mib(65664, 65792);
  ASSERT_EQ(m.add(even).status, Status::ok);
  EXPECT_EQ(m.counters().memmap_order9, 1);
  const PageCount free = m.mm().mem_free();
  ASSERT_EQ(m.add(odd).status, Status::ok);
  EXPECT_EQ(m.counters().memmap_order9, 1);
  EXPECT_EQ(m.mm().mem_free(), free);
  EXPECT_EQ(m.hotplug().memmap_pfn(odd.start), m.hotplug().memmap_pfn(even.start) + PageCount{256});
  ASSERT_EQ(m.remove(even).status, Status::ok);
  EXPECT_EQ(m.mm().mem_free(), free);
  EXPECT_EQ(m.hotplug().overhead().memmap_boot.value, 512);
  ASSERT_EQ(m.remove(odd).status, Status::ok);
  EXPECT_EQ(m.hotplug().overhead().memmap_boot.value, 0);
}

// 1152 MiB are nine sections: the last leaf of boot memory has room for a tenth of 32 bytes.
TEST(struct_page_size, added_memory_uses_what_boot_has_left_of_a_leaf) {
  machine::Description machine;
  machine.nodes = {{Bytes{1152 * kMiB}, 2}};
  machine.distance = {{10}};
  KernelConfig config;
  config.struct_page_size = Bytes{32};
  const BootState booted = boot(machine, config);
  Mm mm(booted, config, KernelProfile{});
  MemoryHotplug hotplug(mm, booted, config);
  CountingHost host;
  const auto add = [&](PfnRange range) {
    return CountingHost::run(hotplug.add(host, {NodeId{0}, range}));
  };
  ASSERT_EQ(add(mib(1152, 1280)).status, Status::ok);
  EXPECT_EQ(hotplug.counters().memmap_order9, 0);
  EXPECT_EQ(hotplug.nr_memmap_pages(), 256);
  ASSERT_EQ(add(mib(1280, 1408)).status, Status::ok);
  EXPECT_EQ(hotplug.counters().memmap_order9, 1);
  ASSERT_EQ(CountingHost::run(hotplug.remove(host, mib(1152, 1280))).status, Status::ok);
  EXPECT_EQ(hotplug.overhead().memmap_boot.value, 512);
  EXPECT_EQ(hotplug.nr_memmap_boot_pages(), 9 * 256);
}

// mhp_supports_memmap_on_memory: whole leaves or not at all.
TEST(struct_page_size, memmap_lies_in_the_range_where_it_fills_whole_leaves) {
  TestMachine small("hotplugged_range", "acpi_dimm", sized(56));
  const OpResult refused = small.add(gib(64, 66));
  EXPECT_EQ(refused.status, Status::ok);
  EXPECT_FALSE(refused.placement_refusal.empty());
  EXPECT_EQ(small.counters().memmap_pages_range, 0);
  EXPECT_EQ(small.counters().memmap_order9, 14);

  TestMachine large("hotplugged_range", "acpi_dimm", sized(56, 2048));
  ASSERT_EQ(large.add(gib(64, 68)).status, Status::ok);
  EXPECT_EQ(large.counters().memmap_pages_range, 2 * 7168);
  EXPECT_EQ(large.counters().vmemmap_leaves, 2 * 14);
  EXPECT_EQ(large.counters().memmap_order9, 0);
  const BlockId first = large.block_of(gib(64, 68).start);
  ASSERT_EQ(large.online(first, OnlineType::online_movable).status, Status::ok);
  EXPECT_EQ(large.zone(ZoneType::movable).managed_pages.value, 524'288 - 7168);
  EXPECT_EQ(large.hotplug().memmap_pfn(gib(64, 68).start), gib(64, 68).start);
}

// A map whose leaves another unit would share cannot begin in the middle of one.
TEST(struct_page_size, a_unit_that_does_not_begin_with_a_leaf_is_refused) {
  TestMachine m("per_device", "acpi_dimm", sized(32));
  EXPECT_TRUE(m.add(mib(65536, 65792)).placement_refusal.empty());
  EXPECT_FALSE(m.add(mib(65920, 66176)).placement_refusal.empty());
  EXPECT_EQ(m.counters().memmap_order9, 2);
}

/// Of most pageblocks of the boot node half is free; what watermarks keep back is whole.
void leave_halves(TestMachine& m) {
  std::vector<Pfn> halves;
  while (const auto half = m.mm().alloc_pages({.node = NodeId{0}, .order = 8}, m.mm().nobody()))
    halves.push_back(half->pfn);
  for (std::size_t i = 0; i < halves.size(); i += 2)
    m.mm().free_pages(halves[i], 8, m.mm().nobody());
}

// Section by section: each has the single pages of its part, and one table a leaf serves both.
TEST(struct_page_size, single_pages_of_a_shared_leaf_are_each_of_one_section) {
  TestMachine m("boot_memory", "acpi_dimm", sized(32));
  leave_halves(m);
  const auto section = [](std::int64_t s) {
    return PfnRange{Pfn{s * kSectionPages}, Pfn{(s + 1) * kSectionPages}};
  };
  std::int64_t even = 512;
  for (; m.counters().memmap_base_pages == 0 && even < 2048; even += 2)
    ASSERT_EQ(m.add(section(even)).status, Status::ok);
  even -= 2;
  ASSERT_EQ(m.counters().memmap_base_pages, 256);
  const std::int64_t tables = m.hotplug().page_tables().table_pages();
  const PageCount memmap = m.hotplug().overhead().memmap_boot;
  ASSERT_EQ(m.add(section(even + 1)).status, Status::ok);
  EXPECT_EQ(m.counters().memmap_base_pages, 512);
  EXPECT_EQ(m.hotplug().page_tables().table_pages(), tables);
  EXPECT_EQ(m.hotplug().overhead().memmap_boot - memmap, PageCount{256});
  ASSERT_EQ(m.remove(section(even)).status, Status::ok);
  EXPECT_EQ(m.hotplug().page_tables().table_pages(), tables);
  EXPECT_EQ(m.hotplug().overhead().memmap_boot, memmap);
  ASSERT_EQ(m.remove(section(even + 1)).status, Status::ok);
  EXPECT_EQ(m.hotplug().page_tables().table_pages(), tables - 1);
  EXPECT_EQ(memmap - m.hotplug().overhead().memmap_boot, PageCount{256});
  m.mm().check_conservation();
}

// Sections come and go in any order; what is there takes the leaves that it has a share in.
RC_GTEST_PROP(struct_page_size, what_is_there_takes_its_leaves_and_no_more, ()) {
  const std::int64_t bytes = *rc::gen::inRange<std::int64_t>(1, 33) * 8;
  TestMachine m("boot_memory", "acpi_dimm", sized(bytes));
  const Vmemmap map{Bytes{bytes}};
  const auto steps =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 24));
  IntervalSet there;
  for (const std::int64_t n : steps) {
    const std::int64_t s = 600 + n;
    const PfnRange block{Pfn{s * kSectionPages}, Pfn{(s + 1) * kSectionPages}};
    if (there.contains(s)) {
      RC_ASSERT(m.remove(block).status == Status::ok);
      there.erase(s, s + 1);
    } else {
      RC_ASSERT(m.add(block).status == Status::ok);
      there.insert(s, s + 1);
    }
    IntervalSet leaves;
    there.for_each_in(0, 1000, [&](const auto& run) {
      const Vmemmap::Span l = map.leaves_of(run.start, run.end);
      leaves.insert(l.first, l.end);
    });
    RC_ASSERT(m.hotplug().overhead().memmap_boot.value == leaves.total() * 512);
    RC_ASSERT(m.hotplug().nr_memmap_pages() == there.total() * 8 * bytes);
    m.mm().check_conservation();
  }
}

}  // namespace
}  // namespace mhp::kernel::struct_page_size_test
