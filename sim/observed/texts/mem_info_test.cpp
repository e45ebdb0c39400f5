#include "sim/observed/texts/mem_info.hpp"

#include <gtest/gtest.h>

#include "sim/observed/texts/texts.hpp"

namespace mhp::observed::mem_info_test {
namespace {

using kernel::ZoneType;

std::vector<MemInfoReport> read(std::string_view text) {
  auto reports = read_mem_info_reports(text, Location("f", 1, 0));
  EXPECT_TRUE(reports.has_value()) << (reports ? "" : reports.error().front().text());
  return reports ? std::move(*reports) : std::vector<MemInfoReport>{};
}

std::string error(std::string_view text) {
  const auto reports = read_mem_info_reports(text, Location("f", 1, 0));
  EXPECT_FALSE(reports.has_value()) << text;
  return reports ? "" : reports.error().front().text();
}

// Layout of Linux 6.1; numbers of no particular machine.
constexpr std::string_view kOom =
    R"([  100.000001] worker invoked oom-killer: gfp_mask=0x400dc0(GFP_KERNEL_ACCOUNT|__GFP_ZERO), order=0, oom_score_adj=0
[  100.000002] CPU: 3 PID: 17 Comm: worker Not tainted 6.1.0-18-amd64 #1  Debian 6.1.76-1
[  100.000003] Call Trace:
[  100.000004]  <TASK>
[  100.000005]  dump_stack_lvl+0x44/0x5c
[  100.000006]  ? unsure_function+0x1/0x2
[  100.000007]  pte_alloc_one+0x14/0x60 [module]
[  100.000008]  </TASK>
[  100.000009] Mem-Info:
[  100.000010] active_anon:100 inactive_anon:200 isolated_anon:0
                active_file:300 inactive_file:400 isolated_file:0
                free:5000 free_pcp:10 free_cma:0
[  100.000011] Node 0 active_anon:400kB inactive_anon:800kB anon_thp: 2048kB all_unreclaimable? yes
[  100.000012] Node 0 Normal free:4096kB boost:0kB min:8192kB low:10240kB high:12288kB reserved_highatomic:2048KB active_anon:4kB present:1048576kB managed:1000000kB mlocked:0kB free_pcp:40kB local_pcp:0kB free_cma:0kB
[  100.000013] lowmem_reserve[]: 0 0 32768 32768
[  100.000014] Node 0 Movable free:8000000kB boost:0kB min:512kB low:600kB
high:700kB present:16777216kB managed:16777216kB free_cma:0kB
[  100.000015] lowmem_reserve[]: 0 0 0 0
[  100.000016] Node 0 Normal: 10*4kB (UME) 5*8kB (U) 0*16kB 2*32kB (H) 0*64kB 0*128kB 0*256kB 0*512kB
0*1024kB 0*2048kB 1*4096kB (C) = 4240kB
[  100.000017] Node 0 hugepages_total=4 hugepages_free=3 hugepages_surp=0 hugepages_size=2048kB
[  100.000018] 700 total pagecache pages
[  100.000019] Free swap  = 0kB
[  100.000020] Total swap = 1048576kB
[  100.000021] 4456448 pages RAM
[  100.000022] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,global_oom
)";

TEST(MemInfo, of_the_oom_killer_has_request_zones_and_free_blocks) {
  const auto reports = read(kOom);
  ASSERT_EQ(reports.size(), 1u);
  const FailedRequest& rq = reports[0].request;
  EXPECT_EQ(rq.kind, FailedRequest::Kind::oom);
  EXPECT_EQ(rq.order, 0);
  EXPECT_EQ(rq.gfp_bits, 0x400dc0u);
  EXPECT_EQ(rq.gfp_names, (std::vector<std::string>{"GFP_KERNEL_ACCOUNT", "__GFP_ZERO"}));
  EXPECT_EQ(rq.cpu, 3);
  EXPECT_EQ(rq.release, "6.1.0-18-amd64");
  EXPECT_EQ(rq.call_trace, (std::vector<std::string>{"dump_stack_lvl", "pte_alloc_one"}));
  EXPECT_FALSE(rq.nodemask);
  EXPECT_EQ(rq.mems_allowed, (std::vector<std::int64_t>{0, 1}));
  EXPECT_FALSE(rq.memory_cgroup);

  const Observed& o = reports[0].machine;
  EXPECT_EQ(o.page_size, Bytes{4096});
  const Zone* normal = o.find_zone(NodeId{0}, ZoneType::normal);
  ASSERT_NE(normal, nullptr);
  EXPECT_EQ(normal->free, PageCount{1024});
  EXPECT_EQ(normal->min, PageCount{2048});
  EXPECT_EQ(normal->managed, PageCount{250000});
  EXPECT_EQ(normal->free_blocks, (FreeBlocks{10, 5, 0, 2, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(normal->protection.size(), 4u);
  const Zone* movable = o.find_zone(NodeId{0}, ZoneType::movable);
  ASSERT_NE(movable, nullptr);
  EXPECT_EQ(movable->high, PageCount{175});  // on the line that a mailer broke off
  EXPECT_EQ(movable->managed, PageCount{4194304});
  const ZonePlace place{NodeId{0}, ZoneType::normal};
  EXPECT_EQ(reports[0].free_types.at(place)[0], "UME");
  EXPECT_EQ(reports[0].free_types.at(place)[3], "H");
  EXPECT_EQ(reports[0].reserved_highatomic.at(place), PageCount{512});
  EXPECT_EQ(o.vmstat.at("nr_active_anon"), 100);
  EXPECT_EQ(o.vmstat.at("nr_free"), 5000);
  EXPECT_EQ(o.vmstat.at("pages_ram"), 4456448);
  EXPECT_EQ(o.find_node(NodeId{0})->stat.at("nr_anon_thp"), 512);
  EXPECT_EQ(o.meminfo.at("SwapTotal"), 1048576);
  ASSERT_EQ(o.huge_pages.size(), 1u);
  EXPECT_EQ(o.huge_pages[0].total, 4);
}

// Layout of Linux 3.10 without NUMA: no node, no types of free blocks, flags as a number alone.
TEST(MemInfo, of_an_old_kernel_without_numa_is_read_too) {
  const auto reports = read(R"(app: page allocation failure: order:4, mode:0xc0d0
CPU: 2 PID: 9 Comm: app Tainted: G           O 3.18.18+40-ph #1
Mem-Info:
DMA per-cpu:
CPU    0: hi:    0, btch:   1 usd:   0
Normal per-cpu:
CPU    0: hi:  186, btch:  31 usd:  99
active_anon:182187 inactive_anon:82354 isolated_anon:370
DMA free:15908kB min:268kB low:332kB high:400kB present:15992kB managed:15908kB pages_scanned:0 all_unreclaimable? yes
lowmem_reserve[]: 0 2779 15814 15814
Normal free:40000kB min:5708kB low:7132kB high:8560kB present:2048000kB managed:2000000kB all_unreclaimable? no
lowmem_reserve[]: 0 0 0 0
Normal: 10000*4kB 0*8kB 0*16kB 0*32kB 0*64kB = 40000kB
)");
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].request.order, 4);
  EXPECT_EQ(reports[0].request.gfp_bits, 0xc0d0u);
  EXPECT_TRUE(reports[0].request.gfp_names.empty());
  EXPECT_EQ(reports[0].request.release, "3.18.18+40-ph");
  const Zone* normal = reports[0].machine.find_zone(NodeId{0}, ZoneType::normal);
  ASSERT_NE(normal, nullptr);
  ASSERT_EQ(normal->pagesets.size(), 1u);
  EXPECT_EQ(normal->pagesets[0].count, 99);
  EXPECT_EQ(normal->free_blocks, (FreeBlocks{10000, 0, 0, 0, 0}));
  // A reserve of four entries is of DMA, DMA32, Normal and Movable.
  EXPECT_EQ(reports[0].machine.zones.size(), 4u);
}

TEST(MemInfo, as_rsyslog_and_markdown_leave_it_is_read_too) {
  const auto reports = read(
      "Feb  9 08:09:39 host kernel: Mem-Info:\n"
      "Feb  9 08:09:39 host kernel: active_anon:656114 isolated_anon:0#012 free:114480 free_cma:0\n"
      "Feb  9 08:09:39 host kernel: Node 0 DMA free:13312kB min:64kB low:80kB high:96kB "
      "present:15992kB managed:15360kB\n"
      "Feb  9 08:09:39 host kernel: Node 0 DMA: 1_4kB 1_8kB 0_16kB = 12kB\n");
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].machine.vmstat.at("nr_free"), 114480);
  EXPECT_EQ(reports[0].machine.zones[0].free_blocks, (FreeBlocks{1, 1, 0}));
}

TEST(MemInfo, each_report_of_a_log_is_its_own) {
  const std::string twice = std::string(kOom) + std::string(kOom);
  const auto reports = read(twice);
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[1].machine.zones[0].free, PageCount{1024});
  EXPECT_EQ(reports[1].where.line, 27);
  Observed o;
  ASSERT_TRUE(read_mem_info(twice, Location("f", 1, 0), o));
  EXPECT_EQ(o.kernel_release, "6.1.0-18-amd64");
  ASSERT_EQ(o.found.size(), 1u);
  EXPECT_EQ(o.found[0].where, "Mem-Info");
}

TEST(MemInfo, pages_of_64_kib_are_told_by_the_smallest_block) {
  const auto reports = read(
      "Mem-Info:\nNode 0 Normal free:640kB min:64kB low:128kB high:192kB managed:6400kB\n"
      "Node 0 Normal: 2*64kB (U) 4*128kB (M) = 640kB\n");
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].machine.page_size, Bytes{65536});
  EXPECT_EQ(reports[0].machine.zones[0].free, PageCount{10});
}

TEST(MemInfo, that_cannot_be_is_refused_with_the_place) {
  EXPECT_TRUE(error("nothing here\n").starts_with("f:1: this is no kernel log with a report"));
  EXPECT_EQ(error("Mem-Info:\nNode 0 Normal: 2*4kB 4*16kB = 640kB\n"),
            "f:2:24: free blocks of 16 kB, where those of 8 kB would come; sizes double from that "
            "of a page on");
  EXPECT_EQ(error("Mem-Info:\nNode 0 Normal free:99999999999999kB\n"),
            "f:2:20: free: 99999999999999 is too much; at most 4398046511104");
  EXPECT_EQ(error("a: page allocation failure: order:77, mode:0xd0\n"),
            "f:1:35: order: 77 is too much; at most 31");
  EXPECT_EQ(error("a: page allocation failure: order:7, mode:0xzz\n"),
            "f:1:45: 'zz' is no GFP mask; it is a number in hexadecimal of at most 32 bits");
}

}  // namespace
}  // namespace mhp::observed::mem_info_test
