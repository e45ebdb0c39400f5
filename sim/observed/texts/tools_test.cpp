// Readers of what tools print: numactl, lscpu, lsmem, hwloc.
#include <gtest/gtest.h>

#include <string>

#include "sim/observed/texts/texts.hpp"

namespace mhp::observed::tools_test {
namespace {

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

TEST(Numactl, has_cpus_sizes_and_distances) {
  const Observed o = read(read_numactl, R"(available: 3 nodes (0,8,252)
node 0 cpus: 0 1 2 3
node 0 size: 126801 MB
node 0 free: 121676 MB
node 8 cpus: 4 5
6 7
node 8 size: 0 MB
node 8 free: 0 MB
node 252 cpus:
node 252 size: 16128 MB
node 252 free: <not available>
node distances:
node   0   8  252
  0:  10  40  80
  8:  40  10  80
 252:  80  80  10
)");
  ASSERT_EQ(o.nodes.size(), 3u);
  EXPECT_EQ(o.nodes[0].memory, Bytes{126801 * kMiB});
  EXPECT_EQ(o.nodes[0].free, Bytes{121676 * kMiB});
  EXPECT_EQ(o.nodes[1].cpus, (std::vector<std::int64_t>{4, 5, 6, 7}));
  EXPECT_EQ(o.nodes[2].id, NodeId{252});
  EXPECT_EQ(o.nodes[2].cpu_count, 0);
  EXPECT_FALSE(o.nodes[2].free);
  ASSERT_EQ(o.nodes[2].distance.size(), 3u);
  EXPECT_EQ(o.nodes[2].distance[1], (std::pair{NodeId{8}, 80}));
}

TEST(Numactl, with_compressed_cpus_says_the_same) {
  const Observed o = read(read_numactl, "node 1 cpus: 16-18,24 (4)\nnode 1 size: 580505 MB\n");
  ASSERT_EQ(o.nodes.size(), 1u);
  EXPECT_EQ(o.nodes[0].cpus, (std::vector<std::int64_t>{16, 17, 18, 24}));
}

TEST(Numactl, that_cannot_be_is_refused) {
  EXPECT_EQ(error(read_numactl, "node 0 cpus: 0\nnode distances:\nnode 0 1\n  0: 10\n"),
            "f:4:3: node 0 has 1 distances to 2 nodes; the line above names the nodes");
  EXPECT_EQ(error(read_numactl, "node 0 cpus: 9000\n"),
            "f:1:14: cpu: 9000 is too much; at most 8191");
  EXPECT_EQ(error(read_numactl, "node 0 cpus: 0\nnode 0 size: 99999999999 MB\n"),
            "f:2:14: size:: 99999999999 is too much; at most 4294967296");
}

TEST(Lscpu, has_processors_and_the_cpus_of_nodes) {
  const Observed o = read(read_lscpu, R"(Architecture:                       aarch64
CPU(s):                             128
On-line CPU(s) list:                0-127
Model name:                         Neoverse-N1
Thread(s) per core:                 1
Core(s) per socket:                 64
Socket(s):                          2
Address sizes:                      48 bits physical, 48 bits virtual
NUMA:
  NUMA node(s):                     2
  NUMA node0 CPU(s):                0-63
  NUMA node1 CPU(s):
)");
  EXPECT_EQ(o.architecture, "aarch64");
  EXPECT_EQ(o.processors.count, 128);
  EXPECT_EQ(o.processors.sockets, 2);
  EXPECT_EQ(o.processors.physical_address_bits, 48);
  ASSERT_EQ(o.nodes.size(), 2u);
  EXPECT_EQ(o.nodes[0].cpu_count, 64);
  EXPECT_EQ(o.nodes[1].cpu_count, 0);
  EXPECT_EQ(error(read_lscpu, "Architecture: x86_64\nSocket(s): many\n"),
            "f:2:12: Socket(s): 'many' is no value of this field");
}

TEST(Lscpu, in_json_says_the_same) {
  const Observed o = read(read_lscpu, R"({"lscpu": [
    {"field": "Architecture:", "data": "x86_64", "children": [
      {"field": "Address sizes:", "data": "46 bits physical, 48 bits virtual"}]},
    {"field": "NUMA:", "data": null, "children": [
      {"field": "NUMA node0 CPU(s):", "data": "0,2-3"}]}]})");
  EXPECT_EQ(o.architecture, "x86_64");
  EXPECT_EQ(o.processors.physical_address_bits, 46);
  ASSERT_EQ(o.nodes.size(), 1u);
  EXPECT_EQ(o.nodes[0].cpu_count, 3);
  EXPECT_EQ(error(read_lscpu, "{\"lscpu\": [\n  {]}"),
            "f:2:4: output of lscpu -J: the JSON is broken here");
  EXPECT_EQ(error(read_lscpu, "{\"lscpu\": [2958E32896]}"),
            "f:1: output of lscpu -J: the JSON has a number that cannot be");
}

TEST(Lsmem, has_blocks_with_state_zones_and_node) {
  const Observed o =
      read(read_lsmem,
           R"(RANGE                                  SIZE   STATE REMOVABLE     BLOCK NODE ZONES
0x0000010000000000-0x00000103e7ffffff 15.6G  online       yes 8192-8316    0   DMA
0x00000103f8000000-0x00000103ffffffff  128M offline               8319    0 Normal/Movable

Memory block size:                128M
Total online memory:             15.6G
Memmap on memory parameter:         no
)");
  EXPECT_EQ(o.block_size, Bytes{128 * kMiB});
  ASSERT_EQ(o.blocks.size(), 2u);
  EXPECT_EQ(o.blocks[0].first, 8192);
  EXPECT_EQ(o.blocks[0].last, 8316);
  EXPECT_EQ(o.blocks[0].node, NodeId{0});
  EXPECT_EQ(o.blocks[0].removable, true);
  EXPECT_EQ(o.blocks[1].state, "offline");
  EXPECT_EQ(o.blocks[1].valid_zones, "Normal Movable");
  EXPECT_FALSE(o.blocks[1].removable);
  EXPECT_EQ(o.setting("module/memory_hotplug/parameters/memmap_on_memory"), "N");
}

TEST(Lsmem, in_json_derives_the_size_of_blocks) {
  const Observed o = read(read_lsmem, R"({"memory": [
    {"range": "0x0000000000000000-0x00000000bfffffff", "size": "3G", "state": "online",
     "removable": true, "block": "0-23"}]})");
  EXPECT_EQ(o.block_size, Bytes{128 * kMiB});
  ASSERT_EQ(o.blocks.size(), 1u);
  EXPECT_EQ(o.blocks[0].last, 23);
}

TEST(Lsmem, that_contradicts_itself_is_refused) {
  EXPECT_EQ(error(read_lsmem,
                  "RANGE SIZE STATE REMOVABLE BLOCK\n"
                  "0x0000000000000000-0x00000000bfffffff 3G online yes 0-22\n"
                  "Memory block size: 128M\n"),
            "f:1: lsmem: blocks 0 to 22 of 134217728 bytes are not at 0-bfffffff");
  EXPECT_EQ(error(read_lsmem, "RANGE SIZE STATE REMOVABLE BLOCK\n0x0-0xfff 3G\n"),
            "f:2:1: 2 values under 5 columns");
  EXPECT_EQ(error(read_lsmem,
                  "RANGE STATE\n0x0-0x7ffffff online\n0x0-0x7ffffff online\n"
                  "Memory block size: 128M\n"),
            "f:1: lsmem: block 0 is in two rows");
}

TEST(Hwloc, synthetic_description_has_nodes_cpus_and_sizes) {
  const Observed o = read(read_hwloc_synthetic, "Package:2 [NUMANode(memory=64GiB)] Core:4 PU:2\n");
  ASSERT_EQ(o.nodes.size(), 2u);
  EXPECT_EQ(o.nodes[1].memory, Bytes{64 * kGiB});
  EXPECT_EQ(o.nodes[1].cpu_count, 8);
  EXPECT_EQ(o.processors.count, 16);
  EXPECT_EQ(o.processors.sockets, 2);
}

TEST(Hwloc, synthetic_description_of_too_much_is_refused) {
  EXPECT_NE(error(read_hwloc_synthetic, "Package:1000 Core:1000 PU:1000").find("more than Linux"),
            std::string::npos);
  EXPECT_NE(error(read_hwloc_synthetic, "Package:2 Nothing:3").find("does not accept"),
            std::string::npos);
  EXPECT_NE(
      error(read_hwloc_synthetic, "Package:1099511627775 Core:280575806").find("more than Linux"),
      std::string::npos);
}

// A machine whose second node is memory alone, as CXL is seen: its CPUs are those of the first.
TEST(Hwloc, xml_has_distances_and_nodes_without_cpus) {
  const Observed o = read(read_hwloc_xml, R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0">
  <object type="Machine" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" allowed_cpuset="0x00000003" nodeset="0x00000003" complete_nodeset="0x00000003" allowed_nodeset="0x00000003" gp_index="1">
    <info name="Architecture" value="x86_64"/>
    <info name="OSRelease" value="6.5.0"/>
    <object type="NUMANode" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="2" local_memory="4294967296">
      <page_type size="4096" count="1048576"/>
    </object>
    <object type="NUMANode" os_index="1" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000002" complete_nodeset="0x00000002" gp_index="3" local_memory="8589934592">
      <page_type size="4096" count="2097152"/>
    </object>
    <object type="Package" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000003" complete_nodeset="0x00000003" gp_index="4">
      <object type="Core" os_index="0" cpuset="0x00000001" complete_cpuset="0x00000001" nodeset="0x00000003" complete_nodeset="0x00000003" gp_index="5">
        <object type="PU" os_index="0" cpuset="0x00000001" complete_cpuset="0x00000001" nodeset="0x00000003" complete_nodeset="0x00000003" gp_index="6"/>
      </object>
      <object type="Core" os_index="1" cpuset="0x00000002" complete_cpuset="0x00000002" nodeset="0x00000003" complete_nodeset="0x00000003" gp_index="7">
        <object type="PU" os_index="1" cpuset="0x00000002" complete_cpuset="0x00000002" nodeset="0x00000003" complete_nodeset="0x00000003" gp_index="8"/>
      </object>
    </object>
  </object>
  <distances2 type="NUMANode" nbobjs="2" kind="5" name="NUMALatency" indexing="os">
    <indexes length="4">0 1 </indexes>
    <u64values length="12">10 14 14 10 </u64values>
  </distances2>
</topology>
)");
  ASSERT_EQ(o.nodes.size(), 2u);
  EXPECT_EQ(o.architecture, "x86_64");
  EXPECT_EQ(o.kernel_release, "6.5.0");
  EXPECT_EQ(o.nodes[0].cpu_count, 2);
  EXPECT_EQ(o.nodes[1].cpu_count, 0);
  EXPECT_EQ(o.nodes[1].memory, Bytes{8 * kGiB});
  ASSERT_EQ(o.nodes[0].distance.size(), 2u);
  EXPECT_EQ(o.nodes[0].distance[1], (std::pair{NodeId{1}, 14}));
  EXPECT_EQ(error(read_hwloc_xml, "<topology><object/></topology>"),
            "f:1: hwloc does not accept this as a topology; write it with 'lstopo --of xml FILE'");
}

}  // namespace
}  // namespace mhp::observed::tools_test
