#include "sim/kernel/arch/geometry.hpp"

#include <gtest/gtest.h>

#include "sim/core/units.hpp"

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
