// Watermarks, reserves, zonelists and the allocator's choice of zone, by hand from the kernel's
// formulas.
#include "sim/kernel/mm/mm.hpp"

#include <gtest/gtest.h>

namespace mhp::kernel::mm_test {
namespace {

machine::Description one_node(std::int64_t mib) {
  machine::Description m;
  m.nodes = {{Bytes{mib * kMiB}, 2}};
  m.distance = {{10}};
  return m;
}

/// Takes free pages of a zone away until `left` are free.
void drain(Mm& mm, const AllocRequest& request, Zone& zone, std::int64_t left) {
  while (zone.buddy.free_pages().value > left)
    if (!mm.alloc_pages(request, mm.nobody())) return;
}

// min_free_kbytes = max(isqrt(16 * lowmem KiB), 11 pageblocks of 2 MiB a kernel zone): two zones up
// to 4 GiB.
TEST(watermarks, huge_pages_raise_min_free_kbytes_by_22528_a_kernel_zone) {
  KernelConfig config;
  const Mm with(boot(one_node(2048), config), config, {});
  EXPECT_EQ(with.min_free_kbytes(), 2 * 22528);
  config.transparent_hugepage = ThpEnabled::never;
  const Mm without(boot(one_node(2048), config), config, {});
  std::int64_t kib = 0;
  for (const Zone& z : without.node(NodeId{0}).zones) kib += z.managed_pages.value * 4;
  EXPECT_LE(without.min_free_kbytes() * without.min_free_kbytes(), 16 * kib);
  EXPECT_GT(without.min_free_kbytes(), 5000);
}

TEST(watermarks, huge_pages_stay_off_below_512_MiB_of_managed_memory) {
  const KernelConfig config;
  EXPECT_LT(Mm(boot(one_node(256), config), config, {}).min_free_kbytes(), 22528);
}

// Zone share = min_free_pages * managed / all; low - min = max(share / 4, managed * 10 / 10000).
TEST(watermarks, each_zone_gets_its_share) {
  const KernelConfig config;
  const Mm mm(boot(one_node(2048), config), config, {});
  const Zone& dma32 = mm.zone(NodeId{0}, ZoneType::dma32);
  const std::int64_t share = 11264 * dma32.managed_pages.value / mm.mem_total().value;
  EXPECT_EQ(dma32.watermark.min.value, share);
  EXPECT_EQ(dma32.watermark.low.value, share + share / 4);
  EXPECT_EQ(dma32.watermark.high.value, share + 2 * (share / 4));
}

// lowmem_reserve of DMA against requests for DMA32 and above: managed of DMA32 / 256.
TEST(lowmem_reserve, protects_lower_zones_in_proportion_to_the_zones_above) {
  const KernelConfig config;
  const Mm mm(boot(one_node(2048), config), config, {});
  const Zone& dma = mm.zone(NodeId{0}, ZoneType::dma);
  const std::int64_t above = mm.zone(NodeId{0}, ZoneType::dma32).managed_pages.value;
  EXPECT_EQ(dma.lowmem_reserve[0].value, 0);
  EXPECT_EQ(dma.lowmem_reserve[1].value, above / 256);
  EXPECT_EQ(dma.lowmem_reserve[2].value, above / 256);
}

// A request passes if free - (2^order - 1) > mark + reserve; after low the allocator tries min. Of
// order 4, for which there are no per-CPU lists, the last one that passes leaves mark + 0 to 15.
TEST(alloc_pages, stops_at_the_min_watermark_and_atomic_requests_go_on_below_it) {
  KernelConfig config;
  config.transparent_hugepage = ThpEnabled::never;
  Mm mm(boot(one_node(256), config), config, {});
  Zone& dma32 = mm.zone(NodeId{0}, ZoneType::dma32);
  Zone& dma = mm.zone(NodeId{0}, ZoneType::dma);
  const AllocRequest request{.node = NodeId{0}, .order = 4};
  drain(mm, request, dma32, 0);
  const auto left = [](const Zone& z, PageCount mark) {
    return (z.buddy.free_pages() - mark).value;
  };
  EXPECT_GE(left(dma32, dma32.watermark.min), 0);
  EXPECT_LT(left(dma32, dma32.watermark.min), 16);
  EXPECT_FALSE(mm.alloc_pages(request, mm.nobody()).has_value());
  EXPECT_GE(left(dma, dma.watermark.min + dma.lowmem_reserve[2]), 0);
  EXPECT_LT(left(dma, dma.watermark.min + dma.lowmem_reserve[2]), 16);
  AllocRequest atomic = request;
  atomic.atomic = true;
  const auto got = mm.alloc_pages(atomic, mm.nobody());
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->zone, ZoneType::dma32);
}

// zone_watermark_fast: the boost is for those who can wait, and for blocks.
TEST(alloc_pages, an_atomic_single_page_ignores_the_boost_and_a_block_minds_it) {
  KernelConfig config;
  config.transparent_hugepage = ThpEnabled::never;
  Mm mm(boot(one_node(256), config), config, {});
  Zone& dma32 = mm.zone(NodeId{0}, ZoneType::dma32);
  drain(mm, {.node = NodeId{0}, .order = 4}, dma32, 0);
  for (const ZoneType type : {ZoneType::dma, ZoneType::dma32}) {
    Zone& z = mm.zone(NodeId{0}, type);
    z.watermark_boost = z.buddy.free_pages() * 2;
  }
  EXPECT_FALSE(
      mm.alloc_pages({.node = NodeId{0}, .order = 4, .atomic = true}, mm.nobody()).has_value());
  const auto page = mm.alloc_pages({.node = NodeId{0}, .atomic = true}, mm.nobody());
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->zone, ZoneType::dma32);
}

// Single pages come in portions: the last refill may reach below the watermark, and what it brought
// stays on the list, as the watermark is asked first.
TEST(alloc_pages, the_last_refill_may_reach_below_the_watermark) {
  KernelConfig config;
  config.transparent_hugepage = ThpEnabled::never;
  Mm mm(boot(one_node(256), config), config, {});
  Zone& dma32 = mm.zone(NodeId{0}, ZoneType::dma32);
  const AllocRequest request{.node = NodeId{0}, .highest = ZoneType::dma32};
  while (mm.alloc_pages(request, mm.nobody())) {
  }
  EXPECT_LE(dma32.buddy.free_pages(), dma32.watermark.min);
  const PageCount short_of = dma32.watermark.min - dma32.buddy.free_pages();
  EXPECT_LE(short_of, PageCount{32 * dma32.pcp_limits.batch});
  EXPECT_GE(dma32.pcp_pages(), short_of - PageCount{1});
}

TEST(alloc_pages, the_highest_zone_allowed_is_tried_first) {
  const KernelConfig config;
  Mm mm(boot(one_node(8192), config), config, {});
  EXPECT_EQ(mm.alloc_pages({.node = NodeId{0}}, mm.nobody())->zone, ZoneType::normal);
  EXPECT_EQ(mm.alloc_pages({.node = NodeId{0}, .highest = ZoneType::dma32}, mm.nobody())->zone,
            ZoneType::dma32);
}

// Order by (distance + 1 for a lower id + 1 for CPUs) * 1024 + load; nodes without memory give
// nothing.
TEST(zonelists, follow_distance_then_id_and_skip_nodes_without_memory) {
  machine::Description m;
  m.nodes = {{Bytes{4 * kGiB}, 1}, {Bytes{4 * kGiB}, 1}, {Bytes{4 * kGiB}, 1}, {Bytes{0}, 1}};
  m.distance = {{10, 17, 28, 31}, {17, 10, 28, 22}, {28, 28, 10, 17}, {31, 22, 17, 10}};
  const KernelConfig config;
  const Mm mm(boot(m, config), config, {});
  const auto order = [&](int n) {
    std::vector<int> out;
    for (const NodeId id : mm.fallback_order(NodeId{n})) out.push_back(id.value);
    return out;
  };
  EXPECT_EQ(order(0), (std::vector{0, 1, 2}));
  EXPECT_EQ(order(1), (std::vector{1, 0, 2}));
  EXPECT_EQ(order(2), (std::vector{2, 0, 1}));
  EXPECT_EQ(order(3), (std::vector{2, 1, 0}));
}

// A node that was first among those equally far is loaded for the next lists: each begins with its
// successor and goes round.
TEST(zonelists, of_nodes_equally_far_go_round) {
  machine::Description m;
  m.nodes.assign(4, {Bytes{4 * kGiB}, 1});
  m.distance.assign(4, {20, 20, 20, 20});
  for (std::size_t n = 0; n < 4; ++n) m.distance[n][n] = 10;
  const KernelConfig config;
  const Mm mm(boot(m, config), config, {});
  for (int n = 0; n < 4; ++n) {
    const auto& order = mm.fallback_order(NodeId{n});
    ASSERT_EQ(order.size(), 4U);
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(order[static_cast<std::size_t>(i)].value, (n + i) % 4) << "node " << n;
  }
}

TEST(memory_block_size, follows_the_end_of_boot_memory) {
  const auto size = [](std::int64_t end_mib, bool guest) {
    return memory_block_size(Bytes{end_mib * kMiB}, guest, Bytes{0}).value / kMiB;
  };
  EXPECT_EQ(size(64 * 1024 - 1, false), 128);
  EXPECT_EQ(size(64 * 1024, false), 2048);
  EXPECT_EQ(size(66 * 1024, true), 2048) << "66 GiB is a multiple of 2 GiB";
  EXPECT_EQ(size(65 * 1024, true), 1024);
  EXPECT_EQ(size(65 * 1024 + 128, true), 128);
  EXPECT_EQ(memory_block_size(Bytes{kGiB}, true, Bytes{512 * kMiB}), Bytes{512 * kMiB});
}

TEST(conservation, holds_while_pages_come_and_go) {
  const KernelConfig config;
  Mm mm(boot(one_node(2048), config), config, {});
  std::vector<Pfn> held;
  for (int order : {0, 3, 9, 10, 0, 5}) {
    held.push_back(mm.alloc_pages({.node = NodeId{0}, .order = order}, mm.nobody())->pfn);
    mm.validate();
  }
  int i = 0;
  for (int order : {0, 3, 9, 10, 0, 5})
    mm.free_pages(held[static_cast<std::size_t>(i++)], order, mm.nobody());
  mm.validate();
  EXPECT_EQ(mm.zone(NodeId{0}, ZoneType::dma32).in_use_pages.value, 0);
}

}  // namespace
}  // namespace mhp::kernel::mm_test
