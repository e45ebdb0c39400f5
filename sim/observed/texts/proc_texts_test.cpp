// Readers of files of /proc: what is in them, of several kernels, and what they refuse.
#include <gtest/gtest.h>

#include <string>

#include "sim/observed/texts/texts.hpp"

namespace mhp::observed::proc_texts_test {
namespace {

using kernel::ZoneType;
using Reader = Result<void> (*)(std::string_view, const Location&, Observed&);

Observed read(Reader reader, std::string_view text) {
  Observed out;
  const auto result = reader(text, Location("f", 1, 0), out);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().front().text());
  return out;
}

std::string error(Reader reader, std::string_view text) {
  Observed out;
  const auto result = reader(text, Location("f", 1, 0), out);
  EXPECT_FALSE(result.has_value()) << text;
  return result ? "" : result.error().front().text();
}

// Layout of Linux 6.12; numbers of a small guest.
constexpr std::string_view kZoneinfo = R"(Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 86303
      nr_dirty     7770
      pgpromote_success 0
  pages free     3840
        boost    0
        min      33
        low      41
        high     49
        promo    57
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 3018, 24087, 24087, 24087)
      nr_free_pages 3840
      nr_mlock     18446744073709551610
      numa_local   0
  pagesets
    cpu: 0
              count:    7
              high:     12
              batch:    1
              high_min: 3
    cpu: 1
              count:    0
              high:     12
              batch:    1
  vm stats threshold: 4
  node_unreclaimable:  0
  start_pfn:           1
  reserved_highatomic: 0
Node 0, zone  Movable
  pages free     0
        boost    0
        min      32
        low      32
        high     32
        spanned  0
        present  0
        managed  0
        protection: (0, 0, 0, 0, 0)
)";

TEST(Zoneinfo, of_6_12_has_sizes_watermarks_reserves_lists_and_counters) {
  const Observed o = read(read_zoneinfo, kZoneinfo);
  ASSERT_EQ(o.zones.size(), 2u);
  const Zone& dma = o.zones[0];
  EXPECT_EQ(dma.type, ZoneType::dma);
  EXPECT_EQ(dma.free, PageCount{3840});
  EXPECT_EQ(dma.boost, PageCount{0});
  EXPECT_EQ(dma.min, PageCount{33});
  EXPECT_EQ(dma.low, PageCount{41});
  EXPECT_EQ(dma.high, PageCount{49});
  EXPECT_EQ(dma.spanned, PageCount{4095});
  EXPECT_EQ(dma.present, PageCount{3998});
  EXPECT_EQ(dma.managed, PageCount{3840});
  EXPECT_EQ(dma.cma, PageCount{0});
  EXPECT_EQ(dma.start_pfn, Pfn{1});
  ASSERT_EQ(dma.protection.size(), 5u);
  EXPECT_EQ(dma.protection[1], PageCount{3018});
  ASSERT_EQ(dma.pagesets.size(), 2u);
  EXPECT_EQ(dma.pagesets[0].count, 7);
  EXPECT_EQ(dma.pagesets[1].high, 12);
  EXPECT_EQ(dma.stat.at("nr_free_pages"), 3840);
  EXPECT_FALSE(dma.stat.contains("nr_mlock"));  // below zero
  ASSERT_EQ(o.nodes.size(), 1u);
  EXPECT_EQ(o.nodes[0].stat.at("nr_dirty"), 7770);
  EXPECT_EQ(o.zones[1].type, ZoneType::movable);
  EXPECT_EQ(o.zones[1].managed, PageCount{0});
  EXPECT_FALSE(o.zones[1].start_pfn);
  ASSERT_EQ(o.found.size(), 1u);
  EXPECT_EQ(o.found[0].where, "/proc/zoneinfo");
}

TEST(Zoneinfo, quoted_and_with_crlf_says_the_same) {
  std::string quoted;
  for (const char c : kZoneinfo) {
    if (quoted.empty() || quoted.back() == '\n') quoted += "> ";
    if (c == '\n') quoted += '\r';
    quoted += c;
  }
  const Observed plain = read(read_zoneinfo, kZoneinfo);
  const Observed o = read(read_zoneinfo, quoted);
  ASSERT_EQ(o.zones.size(), plain.zones.size());
  EXPECT_EQ(o.zones[0].managed, plain.zones[0].managed);
  EXPECT_EQ(o.zones[0].stat, plain.zones[0].stat);
  EXPECT_EQ(o.zones[0].start_pfn, plain.zones[0].start_pfn);
}

// Layout of Linux 3.10: counters before the reserves, no per-node part, no cma, no boost.
TEST(Zoneinfo, of_3_10_is_read_too) {
  const Observed o = read(read_zoneinfo, R"(Node 1, zone   Normal
  pages free     7226981
        min      10136
        low      17540
        high     24944
        scanned  0
        spanned  7536640
        present  7536640
        managed  7404622
    nr_free_pages 7226981
    nr_inactive_anon 120
        protection: (0, 0, 0, 0)
  pagesets
    cpu: 5
              count: 244
              high:  378
              batch: 63
  vm stats threshold: 90
  all_unreclaimable: 0
  start_pfn:         7864320
  inactive_ratio:    16
)");
  const Zone* zone = o.find_zone(NodeId{1}, ZoneType::normal);
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->managed, PageCount{7404622});
  EXPECT_EQ(zone->start_pfn, Pfn{7864320});
  EXPECT_EQ(zone->stat.at("nr_inactive_anon"), 120);
  EXPECT_EQ(zone->protection.size(), 4u);
  EXPECT_FALSE(zone->boost);
  EXPECT_FALSE(zone->cma);
  ASSERT_EQ(zone->pagesets.size(), 1u);
  EXPECT_EQ(zone->pagesets[0].cpu, 5);
}

TEST(Zoneinfo, that_breaks_off_keeps_what_is_there) {
  const std::size_t managed = kZoneinfo.find("managed");
  const Observed o = read(read_zoneinfo, kZoneinfo.substr(0, managed + 4));
  ASSERT_EQ(o.zones.size(), 1u);
  EXPECT_EQ(o.zones[0].present, PageCount{3998});
  EXPECT_FALSE(o.zones[0].managed);
}

TEST(Zoneinfo, that_is_wrong_is_refused_with_the_place) {
  EXPECT_EQ(error(read_zoneinfo, "nothing\n"),
            "f:1: this is no /proc/zoneinfo; it begins with \"Node 0, zone\"");
  EXPECT_EQ(error(read_zoneinfo, "Node 0, zone Normal\n  pages free many\n"),
            "f:2:14: free: 'many' is no number");
  EXPECT_EQ(error(read_zoneinfo, "Node 0, zone Normal\n   min 99999999999999999999\n"),
            "f:2:8: min: 99999999999999999999 is too much; at most 1099511627776");
  EXPECT_EQ(error(read_zoneinfo, "Node 1024, zone Normal\n"),
            "f:1:6: node: 1024 is too much; at most 1023");
  EXPECT_EQ(
      error(read_zoneinfo, "Node 0, zone HighMem\n"),
      "f:1:14: zone 'HighMem' is not known; zones are DMA, DMA32, Normal, Movable and Device; "
      "HighMem and 32-bit machines are not modelled");
  EXPECT_EQ(error(read_zoneinfo, "Node 0, zone DMA\nNode 0, zone DMA\n"),
            "f:2:1: this zone was there before; one /proc/zoneinfo at a time; for a before and "
            "after give two files");
}

TEST(Buddyinfo, has_free_blocks_by_order) {
  const Observed o = read(read_buddyinfo,
                          "Node 0, zone      DMA      0      0      1      3 \n"
                          "Node 1, zone  Movable     2      3      0      2 \n");
  ASSERT_EQ(o.zones.size(), 2u);
  EXPECT_EQ(o.zones[0].free_blocks, (FreeBlocks{0, 0, 1, 3}));
  EXPECT_EQ(o.zones[1].node, NodeId{1});
  EXPECT_EQ(o.zones[1].free_blocks, (FreeBlocks{2, 3, 0, 2}));
}

TEST(Buddyinfo, refuses_a_zone_twice_and_too_many_orders) {
  EXPECT_EQ(error(read_buddyinfo, "Node 0, zone DMA 1\nNode 0, zone DMA 1\n"),
            "f:2:1: this zone was there before; one /proc/buddyinfo at a time");
  std::string many = "Node 0, zone DMA";
  for (int i = 0; i < 33; ++i) many += " 1";
  EXPECT_NE(error(read_buddyinfo, many + "\n").find("more orders"), std::string::npos);
}

constexpr std::string_view kPagetypeinfo = R"(Page block order: 9
Pages per block:  512

Free pages count per migrate type at order       0      1      2
Node    0, zone   Normal, type    Unmovable      1      0      1
Node    0, zone   Normal, type      Movable >100000      2      3
Node    0, zone   Normal, type   HighAtomic      0      0      0
Node    0, zone   Normal, type      Isolate      0      0      0

Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate
Node 0, zone   Normal          116          950           86            0            0
)";

TEST(Pagetypeinfo, has_free_blocks_and_pageblocks_by_type) {
  const Observed o = read(read_pagetypeinfo, kPagetypeinfo);
  ASSERT_EQ(o.zones.size(), 1u);
  const Zone& zone = o.zones[0];
  EXPECT_EQ(zone.free_blocks_of.at(FreeType::unmovable), (FreeBlocks{1, 0, 1}));
  EXPECT_EQ(zone.free_blocks_of.at(FreeType::movable), (FreeBlocks{100000, 2, 3}));
  EXPECT_EQ(zone.pageblocks.at(FreeType::unmovable), 116);
  EXPECT_EQ(zone.pageblocks.at(FreeType::movable), 950);
  EXPECT_EQ(zone.pageblocks.at(FreeType::reclaimable), 86);
  EXPECT_FALSE(zone.free_blocks);
}

TEST(Pagetypeinfo, refuses_a_type_that_no_kernel_has) {
  EXPECT_EQ(error(read_pagetypeinfo, "Node 0, zone Normal, type Immovable 1 2\n"),
            "f:1:27: migrate type 'Immovable' is not known; types are Unmovable, Movable, "
            "Reclaimable, HighAtomic, CMA, Isolate");
}

TEST(Meminfo, has_counters_in_kib) {
  const Observed o = read(read_meminfo,
                          "MemTotal:       24683620 kB\nMemFree:        23096500 kB\n"
                          "Active(anon):       1600 kB\nHugePages_Total:       4\n"
                          "VmallocTotal:   34359738367 kB\n");
  EXPECT_EQ(o.meminfo.at("MemTotal"), 24683620);
  EXPECT_EQ(o.meminfo.at("Active(anon)"), 1600);
  EXPECT_EQ(o.meminfo.at("HugePages_Total"), 4);
  EXPECT_EQ(error(read_meminfo, "MemTotal: 24683620 MB\n"),
            "f:1:20: MemTotal has the unit 'MB'; /proc/meminfo counts in kB");
  EXPECT_EQ(error(read_meminfo, "MemFree: 1 kB\n"),
            "f:1: this is no /proc/meminfo; it begins with \"MemTotal:\"");
  EXPECT_NE(error(read_meminfo, "MemTotal: 99999999999999999 kB\n").find("too much"),
            std::string::npos);
}

TEST(Vmstat, has_counters) {
  const Observed o = read(read_vmstat, "nr_free_pages 5786125\nnr_dirty 0\npgfault 18446744\n");
  EXPECT_EQ(o.vmstat.at("nr_free_pages"), 5786125);
  EXPECT_EQ(o.vmstat.size(), 3u);
  EXPECT_EQ(error(read_vmstat, "pgfault 1\n"),
            "f:1: this is no /proc/vmstat; it begins with \"nr_free_pages\"");
}

TEST(Iomem, has_system_ram_in_whole_pages) {
  const Observed o = read(read_iomem,
                          "00000000-00000fff : Reserved\n"
                          "00001000-0009fbff : System RAM\n"
                          "00100000-bfffffff : System RAM\n"
                          "  01000000-02276f47 : Kernel code\n"
                          "100000000-17fffffff : dax0.0\n"
                          "  100000000-17fffffff : System RAM (kmem)\n");
  ASSERT_EQ(o.system_ram.size(), 3u);
  EXPECT_EQ(o.system_ram[0], (PfnRange{Pfn{1}, Pfn{0x9f}}));
  EXPECT_EQ(o.system_ram[1], (PfnRange{Pfn{0x100}, Pfn{0xc0000}}));
  EXPECT_EQ(o.system_ram[2], (PfnRange{Pfn{0x100000}, Pfn{0x180000}}));
}

TEST(Iomem, read_by_others_than_root_hides_its_addresses) {
  const Observed o = read(read_iomem,
                          "00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n"
                          "00000000-00000000 : System RAM\n");
  EXPECT_TRUE(o.system_ram.empty());
  EXPECT_TRUE(o.found.empty());
}

TEST(Iomem, refuses_ranges_that_cannot_be) {
  EXPECT_EQ(error(read_iomem, "2000-1fff : System RAM\n"),
            "f:1:6: the range ends at 1fff, before it begins");
  EXPECT_NE(error(read_iomem, "1000-8fff : System RAM\n4000-cfff : System RAM\n").find("overlaps"),
            std::string::npos);
  EXPECT_NE(error(read_iomem, "1000-fffffffffffffff : System RAM\n").find("too much"),
            std::string::npos);
}

TEST(Cmdline, is_split_at_blanks_outside_of_quotes) {
  const Observed o =
      read(read_cmdline, "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro dyndbg=\"file a +p\" quiet\n");
  ASSERT_EQ(o.cmdline.size(), 5u);
  EXPECT_EQ(o.cmdline[0].name, "BOOT_IMAGE");
  EXPECT_EQ(o.cmdline[0].value, "/vmlinuz");
  EXPECT_EQ(o.cmdline[2].name, "ro");
  EXPECT_EQ(o.cmdline[2].value, "");
  EXPECT_EQ(o.cmdline[3].value, "file a +p");
}

TEST(Cmdline, of_a_kernel_log_is_found_behind_its_words) {
  const Observed o = read(read_cmdline, "[    0.000000] Kernel command line: movable_node quiet\n");
  ASSERT_EQ(o.cmdline.size(), 2u);
  EXPECT_EQ(o.cmdline[0].name, "movable_node");
}

TEST(Version, is_the_release_of_proc_version_and_of_uname) {
  EXPECT_EQ(read(read_version,
                 "Linux version 6.1.0-18-amd64 (a@b) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP\n")
                .kernel_release,
            "6.1.0-18-amd64");
  const Observed o = read(
      read_version, "Linux somewhere 5.15.0-91-generic #101-Ubuntu SMP Tue x86_64 GNU/Linux\n");
  EXPECT_EQ(o.kernel_release, "5.15.0-91-generic");
  EXPECT_EQ(o.architecture, "x86_64");
  EXPECT_EQ(error(read_version, "Darwin\n"),
            "f:1: this is no /proc/version; it begins with \"Linux version\"");
}

TEST(Swaps, have_kind_and_size_and_no_name) {
  const Observed o =
      read(read_swaps,
           "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
           "/dev/dm-1                               partition\t8388604\t\t1024\t\t-2\n"
           "/swapfile                               file\t\t2097148\t\t0\t\t-3\n");
  ASSERT_EQ(o.swaps.size(), 2u);
  EXPECT_EQ(o.swaps[0].kind, "partition");
  EXPECT_EQ(o.swaps[0].size, Bytes{8388604 * kKiB});
  EXPECT_EQ(o.swaps[0].used, Bytes{1024 * kKiB});
  EXPECT_EQ(o.swaps[1].kind, "file");
}

TEST(Cpuinfo, counts_processors_and_describes_the_first) {
  const Observed o = read(read_cpuinfo,
                          "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n"
                          "model\t\t: 85\nmodel name\t: Intel(R) Xeon(R)\nstepping\t: 7\n"
                          "flags\t\t: fpu pdpe1gb la57\n"
                          "address sizes\t: 46 bits physical, 48 bits virtual\n\n"
                          "processor\t: 1\nmodel\t\t: 99\n");
  EXPECT_EQ(o.processors.count, 2);
  EXPECT_EQ(o.processors.vendor, "GenuineIntel");
  EXPECT_EQ(o.processors.family, 6);
  EXPECT_EQ(o.processors.model_number, 85);
  EXPECT_EQ(o.processors.stepping, 7);
  EXPECT_EQ(o.processors.flags.size(), 3u);
  EXPECT_EQ(o.processors.physical_address_bits, 46);
}

}  // namespace
}  // namespace mhp::observed::proc_texts_test
