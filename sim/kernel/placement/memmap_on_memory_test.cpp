// Where memmap_on_memory=1 and =force put the memmap: the table of mm/memory_hotplug.c's tests for
// the page and pageblock sizes in which they differ.
#include <gtest/gtest.h>

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {
namespace {

constexpr PageCount kBlock{32768};  // 128 MiB
constexpr PageCount kMemmap{512};   // of 64-byte struct pages

Placement ask(const char* policy, PlacementRequest request, const KernelProfile& profile = {}) {
  return placements().find(policy)->decide(request, profile);
}

TEST(memmap_on_memory, both_forms_agree_where_the_memmap_is_whole_pageblocks) {
  for (const char* policy : {"hotplugged_range", "hotplugged_range_force"})
    EXPECT_EQ(ask(policy, {kBlock * 8, kBlock, kMemmap, PageCount{512}}).head_pages, kMemmap);
}

// Without huge pages a pageblock is 4 MiB: only force works, and wastes 512 pages of each block.
TEST(memmap_on_memory, force_rounds_the_head_up_to_a_pageblock) {
  const PlacementRequest request{kBlock, kBlock, kMemmap, PageCount{1024}};
  EXPECT_EQ(ask("hotplugged_range", request).head_pages, PageCount{0});
  EXPECT_NE(ask("hotplugged_range", request).refused_because, "");
  EXPECT_EQ(ask("hotplugged_range_force", request).head_pages, PageCount{1024});
}

// 56-byte struct pages: 448 pages are no whole 2 MiB mapping, which force does not help.
TEST(memmap_on_memory, force_keeps_the_test_for_whole_mappings) {
  const PlacementRequest request{kBlock, kBlock, PageCount{448}, PageCount{512}};
  EXPECT_FALSE(ask("hotplugged_range_force", request).in_range());
  EXPECT_NE(ask("hotplugged_range_force", request).refused_because.find("mappings"),
            std::string::npos);
}

TEST(memmap_on_memory, a_head_that_fills_the_block_is_refused) {
  const PlacementRequest request{PageCount{8192}, PageCount{8192}, kMemmap, PageCount{8192}};
  EXPECT_NE(ask("hotplugged_range_force", request).refused_because.find("whole memory block"),
            std::string::npos);
}

TEST(memmap_on_memory, kernels_before_6_6_do_not_know_force) {
  KernelProfile old;
  old.memmap_on_memory_force = false;
  const PlacementRequest request{kBlock, kBlock, kMemmap, PageCount{512}};
  EXPECT_FALSE(ask("hotplugged_range_force", request, old).in_range());
  EXPECT_TRUE(ask("hotplugged_range", request, old).in_range());
}

}  // namespace
}  // namespace mhp::kernel
