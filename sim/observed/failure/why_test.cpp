#include "sim/observed/failure/why.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sim/observed/failure/gfp.hpp"

namespace mhp::observed::why_test {
namespace {

using kernel::ZoneType;

Explanation why(const std::string& text) {
  const auto reports = read_mem_info_reports(text, Location("f", 1, 0));
  EXPECT_TRUE(reports.has_value()) << (reports ? "" : reports.error().front().text());
  return reports ? explain(reports->front()) : Explanation{};
}

const ZoneVerdict& zone(const Explanation& e, ZoneType type, int node = 0) {
  const auto it = std::find_if(e.zones.begin(), e.zones.end(), [&](const ZoneVerdict& v) {
    return v.type == type && v.node == NodeId{node};
  });
  EXPECT_NE(it, e.zones.end());
  return *it;
}

std::string request(const std::string& gfp, int order) {
  return "x: page allocation failure: order:" + std::to_string(order) + ", mode:0x1(" + gfp +
         "), nodemask=(null),cpuset=/,mems_allowed=0\n";
}

/// Normal of `free` pages above nothing, with a watermark of 1,000 pages and these free blocks.
std::string normal(int free, const std::string& blocks, const std::string& more = {}) {
  return "Mem-Info:\nNode 0 Normal free:" + std::to_string(free * 4) +
         "kB boost:0kB min:4000kB low:5000kB high:6000kB present:4000000kB managed:4000000kB" +
         more + "\nlowmem_reserve[]: 0 0 0 0\nNode 0 Normal: " + blocks + "\n";
}
const std::string kSingles = "9000*4kB (UM) 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB = 36000kB";

// min + 2^order - 1 pages must stay: 1,000 + 0 are too few for a single page, 1,001 are enough.
TEST(Why, a_single_page_is_met_from_one_page_above_the_watermark_on) {
  EXPECT_EQ(zone(why(request("GFP_KERNEL", 0) + normal(1000, kSingles)), ZoneType::normal).verdict,
            Verdict::below_watermark);
  EXPECT_EQ(zone(why(request("GFP_KERNEL", 0) + normal(1001, kSingles)), ZoneType::normal).verdict,
            Verdict::would_serve);
}

// GFP_ATOMIC: 1,000 - 500 - 125 = 375.
TEST(Why, an_atomic_request_may_take_five_eighths_of_the_watermark) {
  EXPECT_EQ(zone(why(request("GFP_ATOMIC", 0) + normal(375, kSingles)), ZoneType::normal).verdict,
            Verdict::below_watermark);
  EXPECT_EQ(zone(why(request("GFP_ATOMIC", 0) + normal(376, kSingles)), ZoneType::normal).verdict,
            Verdict::would_serve);
}

TEST(Why, fragmentation_is_free_memory_without_a_block) {
  const Explanation e = why(request("GFP_KERNEL|__GFP_COMP", 4) + normal(9000, kSingles));
  EXPECT_EQ(zone(e, ZoneType::normal).verdict, Verdict::no_block);
  EXPECT_EQ(zone(e, ZoneType::normal).largest_order, 0);
  EXPECT_EQ(e.why.front(),
            "memory is fragmented: 16 pages in one piece (order 4) were asked for, the largest "
            "piece for such a request is of order 0");
}

TEST(Why, blocks_of_cma_are_for_movable_requests_alone) {
  const std::string blocks = "9000*4kB (UM) 0*8kB 0*16kB 0*32kB 30*64kB (C) = 37920kB";
  const auto verdict = [&](const char* gfp) {
    return zone(why(request(gfp, 4) + normal(9480, blocks, " free_cma:1920kB")), ZoneType::normal)
        .verdict;
  };
  EXPECT_EQ(verdict("GFP_KERNEL"), Verdict::no_block);
  EXPECT_EQ(verdict("GFP_HIGHUSER_MOVABLE"), Verdict::would_serve);
}

TEST(Why, blocks_held_for_atomic_requests_are_for_these_alone) {
  const std::string blocks = "9000*4kB (UM) 0*8kB 0*16kB 0*32kB 30*64kB (H) = 37920kB";
  const auto verdict = [&](const char* gfp) {
    return zone(why(request(gfp, 4) + normal(9480, blocks, " reserved_highatomic:1920KB")),
                ZoneType::normal)
        .verdict;
  };
  EXPECT_EQ(verdict("GFP_KERNEL"), Verdict::no_block);
  EXPECT_EQ(verdict("GFP_ATOMIC"), Verdict::would_serve);
}

std::string with_movable(const std::string& gfp, int present_mib, int managed_mib) {
  return request(gfp, 0) + normal(900, "900*4kB (U) = 3600kB") +
         "Node 0 Movable free:4194304kB boost:0kB min:512kB low:600kB high:700kB present:" +
         std::to_string(present_mib * 1024) + "kB managed:" + std::to_string(managed_mib * 1024) +
         "kB\nlowmem_reserve[]: 0 0 0 0\nNode 0 Movable: 0*4kB 0*8kB 524288*16kB (M)\n";
}

// 16 GiB of Movable have a memmap of 256 MiB = 65,536 pages in Normal, which lacks 101.
TEST(Why, kernel_memory_runs_out_beside_free_movable_memory) {
  const Explanation e = why(with_movable("GFP_KERNEL", 16384, 16384));
  EXPECT_EQ(zone(e, ZoneType::normal).verdict, Verdict::below_watermark);
  EXPECT_EQ(zone(e, ZoneType::movable).verdict, Verdict::above_request);
  ASSERT_GE(e.why.size(), 2u);
  EXPECT_TRUE(e.why[1].starts_with("4096 MiB free in Movable zones could not help")) << e.why[1];
  EXPECT_EQ(e.memmap_pages, PageCount{65536});
  EXPECT_EQ(e.range, RangeAnswer::headroom);
}

TEST(Why, a_memmap_that_is_in_the_range_already_cannot_be_moved_there) {
  const Explanation e = why(with_movable("GFP_KERNEL", 16384, 16128));
  EXPECT_EQ(e.memmap_pages, PageCount{0});
  EXPECT_EQ(e.range, RangeAnswer::already);
}

TEST(Why, movable_memory_serves_who_may_have_it) {
  EXPECT_EQ(
      zone(why(with_movable("GFP_HIGHUSER_MOVABLE", 16384, 16384)), ZoneType::movable).verdict,
      Verdict::would_serve);
}

// 40 MiB of Movable have a memmap of 160 pages: enough for one that lacks 101, not for 128 in a
// piece.
TEST(Why, headroom_counts_the_pages_of_the_memmap) {
  EXPECT_EQ(why(with_movable("GFP_KERNEL", 40, 40)).range, RangeAnswer::headroom);
  EXPECT_EQ(why(with_movable("GFP_KERNEL", 16, 16)).range, RangeAnswer::no);
}

TEST(Why, the_memmap_of_a_hot_add_is_spared_but_for_virtio_mem) {
  const std::string zones = normal(900, "900*4kB (U) = 3600kB");
  const auto trace = [&](const std::string& frames) {
    return why(request("GFP_KERNEL|__GFP_RETRY_MAYFAIL", 9) +
               "CPU: 0 PID: 1 Comm: kworker/0:2 Not tainted 6.12.26 #1\nCall Trace:\n" + frames +
               zones);
  };
  const std::string memmap =
      " vmemmap_alloc_block+0x1/0x2\n vmemmap_populate+0x1/0x2\n"
      " add_memory_resource+0x1/0x2\n";
  EXPECT_EQ(trace(memmap + " acpi_memory_device_add+0x1/0x2\n").range, RangeAnswer::yes);
  const Explanation virtio = trace(memmap + " virtio_mem_add_memory+0x1/0x2 [virtio_mem]\n");
  EXPECT_EQ(virtio.range, RangeAnswer::no);
  EXPECT_NE(virtio.range_why.back().find("virtio-mem does not"), std::string::npos);
  const Explanation tables = trace(
      " phys_pud_init+0x1/0x2\n __kernel_physical_mapping_init+0x1/0x2\n add_memory+0x1/0x2\n");
  EXPECT_EQ(tables.range, RangeAnswer::no);
  EXPECT_NE(tables.range_why.front().find("page tables"), std::string::npos);
}

TEST(Why, which_kernel_places_the_memmap_in_the_range_is_said) {
  const auto range = [](const std::string& release) {
    return why(
        "x: vmemmap alloc failure: order:9, mode:0x4cc0(GFP_KERNEL|__GFP_RETRY_MAYFAIL)\n"
        "CPU: 0 PID: 1 Comm: y Not tainted " +
        release +
        " #1\nCall Trace:\n"
        " vmemmap_alloc_block+0x1/0x2\n vmemmap_populate+0x1/0x2\n" +
        normal(900, "900*4kB (U) = 3600kB"));
  };
  EXPECT_EQ(range("4.18.0-553").range, RangeAnswer::newer_kernel);
  EXPECT_NE(range("4.18.0-553").range_why.back().find("has no memmap_on_memory"),
            std::string::npos);
  EXPECT_EQ(range("6.7.12").range, RangeAnswer::newer_kernel);
  EXPECT_EQ(range("6.8.0").range, RangeAnswer::yes);
  EXPECT_EQ(range("6.8.0").request.order, 9);
}

TEST(Why, a_table_that_maps_the_memmap_is_not_spared) {
  const Explanation e =
      why("x: vmemmap alloc failure: order:0, mode:0x4cc0(GFP_KERNEL|__GFP_RETRY_MAYFAIL)\n"
          "CPU: 0 PID: 1 Comm: y Not tainted 6.12.1 #1\nCall Trace:\n vmemmap_alloc_block+0x1/0x2\n"
          " vmemmap_pud_populate+0x1/0x2\n vmemmap_populate_hugepages+0x1/0x2\n" +
          normal(900, "900*4kB (U) = 3600kB"));
  EXPECT_EQ(e.range, RangeAnswer::no);
  EXPECT_NE(e.range_why.front().find("maps the memmap"), std::string::npos);
}

TEST(Why, a_node_that_the_policy_forbids_cannot_help) {
  const std::string text =
      "x invoked oom-killer: gfp_mask=0x1(GFP_HIGHUSER_MOVABLE), nodemask=0, order=0\n" +
      normal(900, "900*4kB (U) = 3600kB") +
      "Node 1 Normal free:4000000kB min:4000kB low:5000kB high:6000kB managed:8000000kB\n";
  const Explanation e = why(text);
  EXPECT_EQ(zone(e, ZoneType::normal, 1).verdict, Verdict::other_node);
  EXPECT_NE(std::find(e.why.begin(), e.why.end(),
                      "3906 MiB free on other nodes could not help: its memory policy allows only "
                      "0"),
            e.why.end());
}

TEST(Why, a_lowmem_reserve_is_held_back_from_requests_that_may_go_higher) {
  const std::string text =
      request("GFP_KERNEL", 0) +
      "Mem-Info:\nNode 0 DMA free:15360kB min:64kB low:80kB high:96kB managed:15360kB\n"
      "lowmem_reserve[]: 0 2660 15392 15392 15392\nNode 0 DMA: 0*4kB 0*8kB 960*16kB (U)\n";
  const Explanation e = why(text);
  EXPECT_EQ(zone(e, ZoneType::dma).reserve, PageCount{15392});
  EXPECT_EQ(zone(e, ZoneType::dma).verdict, Verdict::below_watermark);
  const std::string dma = request("GFP_DMA", 0) + text.substr(text.find("Mem-Info"));
  EXPECT_EQ(zone(why(dma), ZoneType::dma).verdict, Verdict::would_serve);
}

TEST(Why, a_memory_cgroups_limit_has_nothing_to_do_with_zones) {
  const Explanation e =
      why("x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n" +
          normal(90000, kSingles) + "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)\n");
  EXPECT_EQ(e.why.front(), "it was the limit of a memory cgroup: the zones below did not matter");
  EXPECT_EQ(e.range, RangeAnswer::no);
}

TEST(Gfp, of_old_kernels_is_read_by_its_bits) {
  FailedRequest failed;
  failed.release = "3.10.0-1160.el7";
  failed.gfp_bits = 0x20;  // GFP_ATOMIC
  EXPECT_TRUE(gfp_request(failed).request.atomic);
  failed.gfp_bits = 0x200da;  // GFP_HIGHUSER_MOVABLE
  EXPECT_EQ(gfp_request(failed).request.highest, ZoneType::movable);
  EXPECT_EQ(gfp_request(failed).request.type, kernel::MigrateType::movable);
  failed.gfp_bits = 0x800d0;  // GFP_TEMPORARY
  EXPECT_EQ(gfp_request(failed).request.type, kernel::MigrateType::reclaimable);
  failed.gfp_bits = 0xd1;  // GFP_KERNEL | GFP_DMA
  EXPECT_EQ(gfp_request(failed).request.highest, ZoneType::dma);
  EXPECT_TRUE(gfp_request(failed).note.empty());
}

}  // namespace
}  // namespace mhp::observed::why_test
