#include "sim/observed/texts/acpi.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sim/observed/texts/texts.hpp"

namespace mhp::observed::acpi_test {
namespace {

/// A table under construction, little-endian.
class Table {
 public:
  Table(const std::string& signature, std::uint64_t revision) {
    bytes_ = signature;
    put(0, 4).put(revision, 1).put(0, 1);
    bytes_ += "TESTOMTABLE000";
    put(1, 4);
    bytes_ += "TEST";
    put(1, 4);
  }
  Table& put(std::uint64_t n, int size) {
    for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(n >> (8 * i) & 0xff);
    return *this;
  }
  /// A memory affinity of SRAT.
  Table& memory(std::uint64_t domain, std::uint64_t base, std::uint64_t length,
                std::uint64_t flags) {
    return put(1, 1)
        .put(40, 1)
        .put(domain, 4)
        .put(0, 2)
        .put(base, 8)
        .put(length, 8)
        .put(0, 4)
        .put(flags, 4)
        .put(0, 8);
  }
  Table& x2apic(std::uint64_t domain, std::uint64_t id, std::uint64_t flags = 1) {
    return put(2, 1).put(24, 1).put(0, 2).put(domain, 4).put(id, 4).put(flags, 4).put(0, 8);
  }
  std::string done() {
    std::string out = bytes_;
    for (std::size_t i = 0; i < 4; ++i)
      out[4 + i] = static_cast<char>(out.size() >> (8 * i) & 0xff);
    std::uint8_t sum = 0;
    for (const char c : out) sum = static_cast<std::uint8_t>(sum + static_cast<unsigned char>(c));
    out[9] = static_cast<char>(-sum);
    return out;
  }

 private:
  std::string bytes_;
};

// Domain 5 has the processors, so it is node 0 (acpi_map_pxm_to_node); domain 2 has memory alone.
std::string srat() {
  return Table("SRAT", 3)
      .put(1, 4)
      .put(0, 8)
      .x2apic(5, 0)
      .x2apic(5, 1)
      .x2apic(7, 2, 0)
      .memory(2, 0x100000000, 0x80000000, 1)
      .memory(5, 0, 0x80000000, 1)
      .memory(2, 0x200000000, 0x4000000000, 3)
      .done();
}

Result<void> read(const std::string& table, Observed& into) {
  return read_acpi_table(table, Location("t", 1, 0), into);
}

std::string error(const std::string& table) {
  Observed out;
  const auto result = read(table, out);
  EXPECT_FALSE(result.has_value());
  return result ? "" : result.error().front().text();
}

TEST(Srat, numbers_nodes_as_linux_does_and_leaves_out_what_may_be_plugged) {
  Observed o;
  ASSERT_TRUE(read(srat(), o));
  ASSERT_EQ(o.nodes.size(), 2u);
  EXPECT_EQ(o.domains.at(5), NodeId{0});
  EXPECT_EQ(o.domains.at(2), NodeId{1});
  EXPECT_FALSE(o.domains.contains(7));  // its processor is disabled
  EXPECT_EQ(o.nodes[0].cpu_count, 2);
  EXPECT_EQ(o.nodes[0].memory, Bytes{2 * kGiB});
  EXPECT_EQ(o.nodes[1].cpu_count, 0);
  EXPECT_EQ(o.nodes[1].memory, Bytes{2 * kGiB});
  ASSERT_EQ(o.nodes[1].ranges.size(), 1u);
  EXPECT_EQ(o.nodes[1].ranges[0], (PfnRange{Pfn{0x100000}, Pfn{0x180000}}));
}

TEST(Slit, uses_the_nodes_of_srat) {
  Observed o;
  ASSERT_TRUE(read(srat(), o));
  Table slit("SLIT", 1);
  slit.put(6, 8);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) slit.put(i == j ? 10u : i + j == 7 ? 14u : 20u, 1);
  ASSERT_TRUE(read(slit.done(), o));
  ASSERT_EQ(o.nodes.size(), 2u);
  ASSERT_EQ(o.nodes[0].distance.size(), 2u);
  EXPECT_EQ(o.nodes[0].distance[0], (std::pair{NodeId{1}, 14}));  // domain 2
  EXPECT_EQ(o.nodes[0].distance[1], (std::pair{NodeId{0}, 10}));  // domain 5
}

TEST(Slit, alone_takes_domains_for_nodes) {
  Observed o;
  ASSERT_TRUE(
      read(Table("SLIT", 1).put(2, 8).put(10, 1).put(21, 1).put(22, 1).put(10, 1).done(), o));
  ASSERT_EQ(o.nodes.size(), 2u);
  EXPECT_EQ(o.nodes[1].distance[0], (std::pair{NodeId{0}, 22}));
}

// Revision 2: latency in ps, bandwidth in MB/s, entries in the base unit.
TEST(Hmat, has_latency_and_bandwidth_of_the_best_initiator) {
  Observed o;
  Table hmat("HMAT", 2);
  hmat.put(0, 4);
  for (const auto& [type, base, near, far] :
       {std::tuple{1, 1000, 110, 270}, std::tuple{4, 100, 2000, 640}})
    hmat.put(1, 2)
        .put(0, 2)
        .put(32 + 4 * 3 + 2 * 2, 4)
        .put(0, 1)
        .put(static_cast<std::uint64_t>(type), 1)
        .put(0, 2)
        .put(1, 4)
        .put(2, 4)
        .put(0, 4)
        .put(static_cast<std::uint64_t>(base), 8)
        .put(0, 4)
        .put(0, 4)
        .put(1, 4)
        .put(static_cast<std::uint64_t>(near), 2)
        .put(static_cast<std::uint64_t>(far), 2);
  ASSERT_TRUE(read(hmat.done(), o));
  ASSERT_EQ(o.nodes.size(), 2u);
  EXPECT_EQ(o.nodes[0].read_latency_ns, 110);
  EXPECT_EQ(o.nodes[1].read_latency_ns, 270);
  EXPECT_EQ(o.nodes[1].read_bandwidth_mbs, 64000);
  EXPECT_FALSE(o.nodes[1].write_latency_ns);
  EXPECT_EQ(o.nodes[1].initiators, std::vector<NodeId>{NodeId{0}});
}

TEST(Acpi, tables_that_are_damaged_are_refused) {
  std::string flipped = srat();
  flipped[60] = static_cast<char>(flipped[60] + 1);
  EXPECT_EQ(
      error(flipped),
      "t:1: SRAT: its checksum is wrong by 1; the bytes of a table add up to 0 modulo 256; it "
      "was damaged on its way");
  const std::string whole = srat();
  EXPECT_NE(error(whole.substr(0, whole.size() - 1)).find("its header says"), std::string::npos);
  EXPECT_EQ(error(Table("SRAT", 3).put(1, 4).put(0, 8).put(1, 1).put(200, 1).done()),
            "t:1: SRAT: the entry at offset 48 goes beyond the table");
  EXPECT_EQ(error(Table("SRAT", 3).put(1, 4).put(0, 8).put(1, 1).put(0, 1).done()),
            "t:1: SRAT: the entry at offset 48 has no length");
  EXPECT_EQ(error(Table("SLIT", 1).put(2, 8).put(10, 1).put(9, 1).put(22, 1).put(10, 1).done()),
            "t:1: SLIT: the distance from 0 to 1 is 9; to itself it is 10, to others more");
  EXPECT_NE(error(Table("SLIT", 1).put(5000, 8).done()).find("Linux can have"), std::string::npos);
  EXPECT_NE(
      error(Table("SRAT", 3).put(1, 4).put(0, 8).memory(0, 0xfffffffffffff000, 0x2000, 1).done())
          .find("lies beyond"),
      std::string::npos);
  EXPECT_EQ(error("SRAT"), "t:1: this is no ACPI table SRAT, SLIT or HMAT");
}

TEST(Acpi, a_dump_in_hexadecimal_says_the_same_as_the_table) {
  Observed o;
  Observed same;
  ASSERT_TRUE(read(srat(), o));
  const std::string dump = "SRAT @ 0x0000000000000000\n" + acpi_dump_of(srat());
  const auto result = read_acpi_dump(dump, Location("t", 1, 0), same);
  ASSERT_TRUE(result.has_value()) << result.error().front().text();
  EXPECT_EQ(same.domains, o.domains);
  EXPECT_EQ(same.nodes[1].memory, o.nodes[1].memory);
  EXPECT_EQ(same.nodes[1].ranges, o.nodes[1].ranges);
}

}  // namespace
}  // namespace mhp::observed::acpi_test
