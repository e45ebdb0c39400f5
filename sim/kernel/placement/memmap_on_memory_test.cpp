// Where memmap_on_memory=1 and =force put the memmap: the table of mm/memory_hotplug.c's tests for
// the page and pageblock sizes in which they differ.
#include <gtest/gtest.h>

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {
namespace {

constexpr PageCount kBlock{32768};  // 128 MiB
constexpr PageCount kMemmap{512};   // of 64-byte struct pages

/// An addition of `blocks` blocks, and the plan for the first of them.
Plan ask(const char* policy, std::int64_t blocks, PageCount block, PageCount memmap,
         PageCount pageblock, const KernelProfile& profile = {}) {
  const PlacementRequest request{
      {Pfn{0}, Pfn{0} + block * blocks}, NodeId{0}, block, memmap, pageblock};
  return placements()
      .find(policy)
      ->decide(request, profile, {{}, KernelConfig{}, ZoneType::normal})
      .front();
}

TEST(memmap_on_memory, both_forms_agree_where_the_memmap_is_whole_pageblocks) {
  for (const char* policy : {"hotplugged_range", "hotplugged_range_force"})
    EXPECT_EQ(ask(policy, 8, kBlock, kMemmap, PageCount{512}).head, kMemmap);
}

// Without huge pages a pageblock is 4 MiB: only force works, and wastes 512 pages of each block.
TEST(memmap_on_memory, force_rounds_the_head_up_to_a_pageblock) {
  const Plan plain = ask("hotplugged_range", 1, kBlock, kMemmap, PageCount{1024});
  EXPECT_EQ(plain.head, PageCount{0});
  EXPECT_TRUE(plain.refused());
  EXPECT_EQ(ask("hotplugged_range_force", 1, kBlock, kMemmap, PageCount{1024}).head,
            PageCount{1024});
}

// 56-byte struct pages: 448 pages are no whole 2 MiB mapping, which force does not help.
TEST(memmap_on_memory, force_keeps_the_test_for_whole_mappings) {
  const Plan plan = ask("hotplugged_range_force", 1, kBlock, PageCount{448}, PageCount{512});
  EXPECT_FALSE(plan.memmap.in_added_memory());
  EXPECT_NE(plan.refused_because.find("mappings"), std::string_view::npos);
}

TEST(memmap_on_memory, a_head_that_fills_the_block_is_refused) {
  const PageCount block{8192};
  EXPECT_NE(ask("hotplugged_range_force", 1, block, kMemmap, block)
                .refused_because.find("whole memory block"),
            std::string_view::npos);
}

TEST(memmap_on_memory, kernels_before_6_6_do_not_know_force) {
  KernelProfile old;
  old.memmap_on_memory_force = false;
  const auto in_range = [&](const char* policy) {
    return ask(policy, 1, kBlock, kMemmap, PageCount{512}, old).memmap.in_added_memory();
  };
  EXPECT_FALSE(in_range("hotplugged_range_force"));
  EXPECT_TRUE(in_range("hotplugged_range"));
}

}  // namespace
}  // namespace mhp::kernel
