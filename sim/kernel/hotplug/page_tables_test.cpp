// Table pages by closed form: one PMD table a GiB mapped by 2 MiB leaves, one PUD table a 512 GiB
// slot, one vmemmap table for 64 GiB of memory.
#include "sim/kernel/hotplug/page_tables.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::kernel::page_tables_test {
namespace {

constexpr PfnRange gib(std::int64_t from, std::int64_t to) {
  return {Pfn{from * k1GiBPages}, Pfn{to * k1GiBPages}};
}

class Tables : public ::testing::Test {
 protected:
  PageTables::TakePage take = [this]() -> std::optional<Pfn> {
    if (left == 0) return std::nullopt;
    --left;
    return Pfn{next++};
  };
  PageTables::GivePage give = [this](Pfn) { ++given; };
  std::int64_t left = 1 << 20;
  std::int64_t next = 1;
  std::int64_t given = 0;
};

TEST_F(Tables, whole_gigabytes_need_no_table_where_the_slot_is_known) {
  PageTables t;
  t.map_at_boot(gib(0, 4));
  const auto done = t.map_direct(gib(64, 128), take);
  EXPECT_EQ(done.tables, 0);
  EXPECT_EQ(done.leaves, 64);
}

TEST_F(Tables, without_gigabyte_leaves_every_GiB_needs_a_table) {
  PageTables t(TableShape{.direct_leaf = 1});
  t.map_at_boot(gib(0, 4));
  const auto done = t.map_direct(gib(64, 128), take);
  EXPECT_EQ(done.tables, 64);
  EXPECT_EQ(done.leaves, 64 * 512);
}

// Calls of less than a GiB never get 1 GiB leaves: one table a GiB, by the first call that touches
// it.
TEST_F(Tables, mapping_block_by_block_costs_one_table_a_GiB) {
  PageTables t;
  t.map_at_boot(gib(0, 4));
  std::int64_t tables = 0;
  for (std::int64_t p = 64 * k1GiBPages; p < 66 * k1GiBPages; p += 32768)
    tables += t.map_direct({Pfn{p}, Pfn{p + 32768}}, take).tables;
  EXPECT_EQ(tables, 2);
  EXPECT_EQ(t.direct_map_leaves(2), 4);
}

TEST_F(Tables, a_range_that_is_not_aligned_has_small_leaves_at_both_ends) {
  PageTables t;
  t.map_at_boot(gib(0, 4));
  const std::int64_t half = k1GiBPages / 2;
  const auto done = t.map_direct({Pfn{64 * k1GiBPages + half}, Pfn{67 * k1GiBPages + half}}, take);
  EXPECT_EQ(done.leaves, 2 + 256 + 256);
  EXPECT_EQ(done.tables, 2);
}

TEST_F(Tables, a_new_512_GiB_slot_costs_a_table) {
  PageTables t;
  t.map_at_boot(gib(0, 4));
  EXPECT_EQ(t.map_direct(gib(511, 513), take).tables, 1);
  EXPECT_EQ(t.map_direct(gib(513, 600), take).tables, 0);
}

TEST_F(Tables, a_vmemmap_table_serves_64_GiB) {
  PageTables t;
  t.map_at_boot(gib(0, 4));
  std::int64_t tables = 0;
  for (std::int64_t section = 32; section < 512; ++section)
    tables += t.map_vmemmap_leaf(section, take).tables;
  EXPECT_EQ(tables, 0) << "boot memory lies in the same 64 GiB";
  EXPECT_EQ(t.map_vmemmap_leaf(512, take).tables, 1);
  EXPECT_EQ(t.map_vmemmap_leaf(513, take).tables, 0);
}

TEST_F(Tables, removal_gives_every_table_back_but_those_of_512_GiB) {
  PageTables t;
  t.map_at_boot(gib(0, 4));
  for (std::int64_t p = 1024 * k1GiBPages; p < 1025 * k1GiBPages; p += 32768) {
    t.map_direct({Pfn{p}, Pfn{p + 32768}}, take);
    t.map_vmemmap_leaf(p / 32768, take);
  }
  EXPECT_EQ(t.table_pages(), 1 + 1 + 1);
  for (std::int64_t p = 1024 * k1GiBPages; p < 1025 * k1GiBPages; p += 32768)
    t.unmap_vmemmap_leaf(p / 32768, give);
  t.unmap_direct(gib(1024, 1025), give);
  EXPECT_EQ(given, 2);
  EXPECT_EQ(t.table_pages(), 1);
}

TEST_F(Tables, five_levels_give_back_the_tables_of_512_GiB_too) {
  PageTables t(TableShape{.levels = 4});
  t.map_at_boot(gib(0, 4));
  EXPECT_EQ(t.map_direct(gib(1024, 2048), take).tables, 2);
  t.unmap_direct(gib(1024, 1536), give);
  EXPECT_EQ(given, 1);
  t.unmap_direct(gib(1536, 2048), give);
  EXPECT_EQ(given, 2);
  EXPECT_EQ(t.table_pages(), 0);
}

TEST_F(Tables, five_levels_need_a_table_for_every_256_TiB) {
  PageTables t(TableShape{.levels = 4});
  t.map_at_boot(gib(0, 4));
  const std::int64_t far = 256 * 1024;
  EXPECT_EQ(t.map_direct(gib(far, far + 1), take).tables, 2) << "one of 256 TiB, one of 512 GiB";
  EXPECT_EQ(t.map_direct(gib(far + 1, far + 2), take).tables, 0);
}

TEST_F(Tables, running_out_of_pages_is_reported) {
  PageTables t(TableShape{.direct_leaf = 1});
  t.map_at_boot(gib(0, 4));
  left = 3;
  EXPECT_FALSE(t.map_direct(gib(64, 70), take).ok);
}

/// arm64 with pages of 4 or 16 KiB, whose memory begins at 1 GiB, mapped page by page.
TableShape arm64(const Geometry& geometry, bool base_pages) {
  return {.geometry = geometry,
          .direct_leaf = 0,
          .direct_rest = 0,
          .vmemmap_base_pages = base_pages,
          .top_tables_stay = false,
          .origin = geometry.pfn_of(Bytes{kGiB}),
          .vmemmap_before_border = Bytes{kGiB}};
}
constexpr Geometry k16K(
    {.page = 14, .section = 27, .pageblock = 11, .max_order = 11, .pmd = 25, .pud = 36});
constexpr Geometry kPower64K({.page = 16, .section = 24, .pageblock = 5, .max_order = 8});

PfnRange bytes(const Geometry& g, std::int64_t from, std::int64_t to) {
  return {g.pfn_of(Bytes{from}), g.pfn_of(Bytes{to})};
}

// A table of single pages for each 2 MiB, one of those for each GiB.
TEST_F(Tables, single_pages_cost_an_eighth_of_the_memmap) {
  const Geometry g;
  PageTables t(arm64(g, false), Vmemmap{});
  t.map_at_boot(bytes(g, kGiB, 3 * kGiB));
  const auto done = t.map_direct(bytes(g, 4 * kGiB, 20 * kGiB), take);
  EXPECT_EQ(done.tables, 16 * kGiB / (2 * kMiB) + 16);
  EXPECT_EQ(done.leaves, g.pages_of(Bytes{16 * kGiB}).value);
  t.unmap_direct(bytes(g, 4 * kGiB, 20 * kGiB), give);
  EXPECT_EQ(given, done.tables);
  EXPECT_EQ(t.table_pages(), 0);
}

TEST_F(Tables, with_pages_of_16_KiB_a_table_maps_32_MiB_and_one_of_those_64_GiB) {
  PageTables t(arm64(k16K, true), Vmemmap(kStructPageSize, k16K, true));
  t.map_at_boot(bytes(k16K, kGiB, 3 * kGiB));
  EXPECT_EQ(t.map_direct(bytes(k16K, 3 * kGiB, 4 * kGiB), take).tables, 32);
  EXPECT_EQ(t.map_direct(bytes(k16K, 65 * kGiB, 66 * kGiB), take).tables, 32 + 1)
      << "64 GiB from where memory begins";
}

// A table of the vmemmap serves 8 GiB from where memory begins, so that they end at 9, 17, ... GiB.
TEST_F(Tables, spans_count_from_where_memory_begins) {
  const Vmemmap vmemmap(kStructPageSize, k16K, true);
  PageTables t(arm64(k16K, true), vmemmap);
  t.map_at_boot(bytes(k16K, kGiB, 3 * kGiB));
  const auto tables_for = [&](std::int64_t gib) {
    const std::int64_t section = k16K.section_of(k16K.pfn_of(Bytes{gib * kGiB}));
    return t.map_vmemmap_leaf(vmemmap.leaves_of(section).first, take).tables;
  };
  EXPECT_EQ(tables_for(8), 0);
  EXPECT_EQ(tables_for(9), 1);
  EXPECT_EQ(tables_for(16), 0);
  EXPECT_EQ(tables_for(17), 1);
}

// The vmemmap of arm64 begins 1 GiB before a border: 64 GiB into memory one table more is due.
TEST_F(Tables, the_vmemmap_may_begin_before_a_border) {
  const Geometry g;
  PageTables t(arm64(g, false), Vmemmap{});
  t.map_at_boot(bytes(g, kGiB, 3 * kGiB));
  const auto leaf_at = [&](std::int64_t gib) {
    return Vmemmap{}.leaves_of(g.section_of(g.pfn_of(Bytes{gib * kGiB}))).first;
  };
  EXPECT_EQ(t.map_vmemmap_leaf(leaf_at(64), take).tables, 0);
  EXPECT_EQ(t.map_vmemmap_leaf(leaf_at(65), take).tables, 2);
  EXPECT_EQ(t.map_vmemmap_leaf(leaf_at(129), take).tables, 1);
}

// Tables of 4 KiB share a page of 64 KiB, which goes with the last of them.
TEST_F(Tables, sixteen_tables_share_a_large_page) {
  PageTables t(TableShape{.geometry = kPower64K, .direct_leaf = 1, .tables_a_page = 16},
               Vmemmap(kStructPageSize, kPower64K));
  t.map_at_boot(bytes(kPower64K, 0, 2 * kGiB));
  std::int64_t pages = 0;
  for (std::int64_t gib = 2; gib < 34; ++gib)
    pages += t.map_direct(bytes(kPower64K, gib * kGiB, (gib + 1) * kGiB), take).tables;
  EXPECT_EQ(pages, 2) << "15 come from the page that boot has opened";
  t.unmap_direct(bytes(kPower64K, 2 * kGiB, 32 * kGiB), give);
  EXPECT_EQ(given, 0);
  t.unmap_direct(bytes(kPower64K, 32 * kGiB, 33 * kGiB), give);
  EXPECT_EQ(given, 1);
}

}  // namespace
}  // namespace mhp::kernel::page_tables_test
