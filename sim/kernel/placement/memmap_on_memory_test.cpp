// Where memmap_on_memory=1 and =force put the memmap: the table of mm/memory_hotplug.c's tests for
// the page and pageblock sizes in which they differ.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel::memmap_on_memory_test {
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

// 96-byte struct pages: 768 pages are a pageblock and a half.
TEST(memmap_on_memory, a_head_of_a_pageblock_and_a_part_is_refused) {
  const Plan plan = ask("hotplugged_range", 1, kBlock, PageCount{768}, PageCount{512});
  EXPECT_TRUE(plan.refused());
  EXPECT_NE(plan.refused_because.find("whole number of pageblocks"), std::string_view::npos);
}

// 56-byte struct pages: 448 pages are no whole 2 MiB mapping, which force does not help.
TEST(memmap_on_memory, force_keeps_the_test_for_whole_mappings) {
  const Plan plan = ask("hotplugged_range_force", 1, kBlock, PageCount{448}, PageCount{512});
  EXPECT_FALSE(plan.memmap.in_added_memory());
  EXPECT_NE(plan.refused_because.find("mappings"), std::string_view::npos);
}

/// A kernel as its architecture and build make it.
struct Build {
  const char* name;
  std::int64_t page, struct_page;
  Bytes block, pageblock, mapping;  ///< mapping: PMD_SIZE where arch_supports_memmap_on_memory asks
  bool on;                          ///< memmap_on_memory=1 is followed
  bool force;                       ///< =force is followed
  std::int64_t waste;               ///< pages of each block that hold nothing then
};

// mhp_supports_memmap_on_memory of Linux 6.12 on the architectures that have it. The pages are
// those of the kernel: 4, 16 or 64 KiB.
TEST(memmap_on_memory, is_followed_where_alignment_allows) {
  constexpr Bytes kAny{0};
  const Build builds[] = {
      {"x86", 4, 64, Bytes{128 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true, true, 0},
      {"x86, 2 GiB", 4, 64, Bytes{2 * kGiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true, true, 0},
      {"x86, 56 bytes", 4, 56, Bytes{128 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, false, false,
       0},
      {"x86, 56 bytes, 2 GiB", 4, 56, Bytes{2 * kGiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true, true,
       0},
      {"x86, 96 bytes", 4, 96, Bytes{128 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, false, false,
       0},
      {"x86, 96 bytes, 256 MiB", 4, 96, Bytes{256 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true,
       true, 0},
      {"x86, 128 bytes", 4, 128, Bytes{128 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true, true,
       0},
      {"x86, 32 bytes", 4, 32, Bytes{128 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, false, false,
       0},
      {"x86, 32 bytes, 256 MiB", 4, 32, Bytes{256 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true,
       true, 0},
      {"x86, 8 bytes, 1 GiB", 4, 8, Bytes{kGiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true, true, 0},
      {"x86, no huge pages", 4, 64, Bytes{128 * kMiB}, Bytes{4 * kMiB}, Bytes{2 * kMiB}, false,
       true, 512},
      {"arm64 4K", 4, 64, Bytes{128 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true, true, 0},
      {"arm64 16K", 16, 64, Bytes{128 * kMiB}, Bytes{32 * kMiB}, Bytes{32 * kMiB}, false, false, 0},
      {"arm64 64K", 64, 64, Bytes{512 * kMiB}, Bytes{512 * kMiB}, Bytes{512 * kMiB}, false, false,
       0},
      {"ppc64 4K", 4, 64, Bytes{256 * kMiB}, Bytes{2 * kMiB}, Bytes{2 * kMiB}, true, true, 0},
      {"ppc64 64K", 64, 64, Bytes{256 * kMiB}, Bytes{2 * kMiB}, kAny, false, true, 28},
      {"ppc64 64K, 2 GiB", 64, 64, Bytes{2 * kGiB}, Bytes{2 * kMiB}, kAny, true, true, 0},
      {"s390", 4, 64, Bytes{128 * kMiB}, Bytes{kMiB}, Bytes{kMiB}, true, true, 0}};
  for (const Build& b : builds) {
    const auto pages = [&](Bytes n) { return PageCount{n.value / (b.page * kKiB)}; };
    const PageCount block = pages(b.block);
    const PageCount memmap = pages(Bytes{block.value * b.struct_page});
    PlacementRequest request{
        {Pfn{0}, Pfn{0} + block}, NodeId{0}, block, memmap, pages(b.pageblock)};
    request.mapping_pages = std::max(PageCount{1}, pages(b.mapping));
    const auto plan = [&](const char* policy) {
      return placements()
          .find(policy)
          ->decide(request, {}, {{}, KernelConfig{}, ZoneType::normal})
          .front();
    };
    EXPECT_EQ(plan("hotplugged_range").memmap.in_added_memory(), b.on) << b.name;
    EXPECT_EQ(plan("hotplugged_range_force").memmap.in_added_memory(), b.force) << b.name;
    const PageCount waste = plan("hotplugged_range_force").head - memmap;
    EXPECT_EQ(plan("hotplugged_range").head, b.on ? memmap : PageCount{0}) << b.name;
    EXPECT_EQ(waste, b.force ? PageCount{b.waste} : -memmap) << b.name;
  }
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
}  // namespace mhp::kernel::memmap_on_memory_test
