#include "sim/kernel/arch/geometry.hpp"

#include <gtest/gtest.h>

#include "sim/core/units.hpp"
#include "sim/kernel/arch/architecture.hpp"
#include "sim/kernel/arch/table_shape.hpp"

namespace mhp::kernel::geometry_test {
namespace {

// arm64 with pages of 16 KiB.
constexpr Geometry k16k{
    {.page = 14, .section = 27, .pageblock = 11, .max_order = 11, .pmd = 25, .pud = 36}};

TEST(geometry, whole_pages_and_their_bytes) {
  constexpr Geometry x86;
  EXPECT_EQ(x86.pages_of(Bytes{8191}), PageCount{1});
  EXPECT_EQ(x86.pages_of(Bytes{8192}), PageCount{2});
  EXPECT_EQ(x86.bytes_of(PageCount{3}), Bytes{12288});
  EXPECT_EQ(k16k.pages_of(Bytes{32767}), PageCount{1});
  EXPECT_EQ(k16k.bytes_of(PageCount{3}), Bytes{49152});
}

TEST(geometry, what_pages_hold_is_told_in_pieces_of_4_KiB) {
  EXPECT_EQ(Geometry{}.contents(PageCount{5}), 5);
  EXPECT_EQ(k16k.contents(PageCount{5}), 20);
}

TEST(geometry, the_smallest_block_that_holds_bytes_is_no_smaller) {
  for (const Geometry& g : {Geometry{}, k16k}) {
    const std::int64_t page = g.page_size();
    EXPECT_EQ(g.order_of(Bytes{0}), 0);
    EXPECT_EQ(g.order_of(Bytes{1}), 0);
    EXPECT_EQ(g.order_of(Bytes{page}), 0);
    EXPECT_EQ(g.order_of(Bytes{page + 1}), 1);
    EXPECT_EQ(g.order_of(Bytes{5 * page}), 3);
  }
}

// PUD leaves need processors that have them, and a direct map whose rule allows them.
TEST(table_shape, leaves_are_as_large_as_every_rule_allows) {
  Architecture arch;
  TableChoices choices;
  choices.block_pages = PageCount{32768};  // 128 MiB: less than a PUD entry maps
  const auto leaf = [&] { return table_shape(arch, choices).direct_leaf; };
  arch.direct_map = DirectMap::leaves;
  EXPECT_EQ(leaf(), 2);
  choices.pud_leaves = false;
  EXPECT_EQ(leaf(), 1) << "the processors have none";
  choices.pud_leaves = true;
  arch.pud_leaves = false;
  EXPECT_EQ(leaf(), 1) << "nor has the kernel";
  arch.pud_leaves = true;
  arch.direct_map = DirectMap::leaves_within_block;
  EXPECT_EQ(leaf(), 1) << "a leaf would reach over a block's end";
  choices.block_pages = PageCount{262'144};
  EXPECT_EQ(leaf(), 2);
  arch.direct_map = DirectMap::leaves_unless_protected;
  EXPECT_EQ(leaf(), 2);
  choices.single_pages = true;
  EXPECT_EQ(leaf(), 0);
  EXPECT_EQ(table_shape(arch, choices).direct_rest, 0);
  arch.direct_map = DirectMap::hashed;
  EXPECT_EQ(table_shape(arch, choices).levels, 0) << "a hash table has no levels";
}

TEST(table_shape, virtual_addresses_begin_at_a_border_at_or_below_memory) {
  Architecture arch;
  TableChoices choices;
  choices.first_memory = Pfn{(5 * kGiB + 3 * kMiB) / 4096};
  EXPECT_EQ(table_shape(arch, choices).origin, Pfn{0});
  arch.virtual_origin = Bytes{kGiB};
  EXPECT_EQ(table_shape(arch, choices).origin, Pfn{5 * kGiB / 4096});
  EXPECT_EQ(table_shape(arch, choices).levels, 3);
  choices.five_levels = true;
  EXPECT_EQ(table_shape(arch, choices).levels, 4);
}

TEST(geometry, sections_meet_at_their_borders) {
  for (const Geometry& g : {Geometry{}, k16k}) {
    const Pfn second = g.section_start(1);
    EXPECT_EQ(g.address_of(second), Bytes{128 * kMiB});
    EXPECT_EQ(g.section_of(second), 1);
    EXPECT_EQ(g.section_of(Pfn{second.value - 1}), 0);
    EXPECT_EQ(g.sections_end(second), 1);
    EXPECT_EQ(g.sections_end(Pfn{second.value + 1}), 2);
  }
}

}  // namespace
}  // namespace mhp::kernel::geometry_test
