// The machine at hand: what is read of it, what the kernels do, and that a short run works. How
// long anything takes is not asked.
#include "analysis/validation/host/host.hpp"

#include <gtest/gtest.h>

#include "analysis/validation/host/experiments.hpp"
#include "analysis/validation/host/profile_files.hpp"
#include "analysis/validation/host/work.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::host::host_test {
namespace {

TEST(parse_cpuinfo, reads_the_first_processor) {
  const CpuFlags c = parse_cpuinfo(
      "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 106\n"
      "model name\t: Some CPU @ 3 GHz\nflags\t\t: fpu pdpe1gb hypervisor\n"
      "address sizes\t: 46 bits physical, 48 bits virtual\n\n"
      "processor\t: 1\nmodel name\t: Other\nflags\t\t: la57\n");
  EXPECT_EQ(c.model, "Some CPU @ 3 GHz");
  EXPECT_TRUE(c.pdpe1gb);
  EXPECT_TRUE(c.hypervisor);
  EXPECT_FALSE(c.la57);
  EXPECT_EQ(c.physical_address_bits, 46);
  EXPECT_EQ(c.family, "GenuineIntel family 6 model 106");
  EXPECT_EQ(parse_cpuinfo("").family, "");
  EXPECT_EQ(parse_cpuinfo("").physical_address_bits, 52);
  EXPECT_FALSE(parse_cpuinfo("flags\t: not_pdpe1gb pdpe1gbx\n").pdpe1gb);
}

std::vector<PageRecord> records(std::size_t n) { return std::vector<PageRecord>(n, PageRecord{}); }

TEST(init_records, leaves_what_the_kernel_leaves) {
  auto r = records(600);
  init_records(r, 1 << 20);
  for (const PageRecord& page : r) {
    EXPECT_EQ(page.refcount, 1U);
    EXPECT_EQ(page.mapcount, ~0U);
    EXPECT_EQ(page.list_next, reinterpret_cast<std::uintptr_t>(&page.list_next));
    EXPECT_EQ(page.list_prev, page.list_next);
    EXPECT_EQ(page.mapping + page.index + page.private_data + page.memcg, 0U);
  }
  const std::uint64_t reserved = r[0].flags;
  free_records(r);
  EXPECT_EQ(r[599].refcount, 0U);
  EXPECT_NE(r[0].flags, reserved);
  auto fused = records(600);
  init_and_free_records(fused, 1 << 20);
  EXPECT_EQ(fused[599].flags, r[599].flags);
  EXPECT_EQ(fused[599].refcount, 0U);
  clear_records_twice(fused);
  EXPECT_EQ(fused[599].flags | fused[0].list_next, 0U);
}

// Two sections have 128 pageblocks; those of cleared struct pages are in no zone.
TEST(section_table, finds_pageblocks_of_other_zones) {
  auto r = records(2 * SectionTable::kPagesPerSection);
  const SectionTable table(r, 1 << 20);
  init_records(r, 1 << 20);
  EXPECT_EQ(table.walk(128), 0);
  r[5 * 512 + 511].flags = 0;
  r[7 * 512].flags = 0;
  r[9 * 512 + 1].flags = 0;
  EXPECT_EQ(table.walk(128), 2) << "first and last struct page are looked at, and no other";
  EXPECT_EQ(table.walk(129), 3) << "behind the last section nothing is online";
  clear_records(r);
  EXPECT_EQ(table.walk(128), 128);
}

TEST(make_ring, visits_every_record_once_and_comes_back) {
  auto r = records(1000);
  make_ring(r, 7);
  const PageRecord* at = r.data();
  for (int step = 1; step < 1000; ++step) {
    at = chase(at, 1);
    ASSERT_NE(at, r.data()) << step;
  }
  EXPECT_EQ(chase(at, 1), r.data());
}

TEST(flush_records, leaves_what_is_written) {
  auto r = records(600);
  init_records(r, 1 << 20);
  const std::uint64_t flags = r[599].flags;
  flush_records(r);
  flush_records({});
  EXPECT_EQ(r[599].flags, flags);
  EXPECT_EQ(r[0].list_next, reinterpret_cast<std::uintptr_t>(&r[0].list_next));
}

TEST(add_up, does_pieces_of_additions) {
  const Phase phase = add_up();
  EXPECT_EQ(phase.piece() % 16, 0) << "whole rounds of the chain";
}

TEST(pass_over, goes_over_an_area_piece_after_piece_and_begins_again) {
  auto r = records(4 * kPieceRecords + 5);
  std::vector<PageRecord*> begun;
  Phase phase = pass_over(r, [&](std::span<PageRecord> piece) { begun.push_back(piece.data()); });
  EXPECT_EQ(phase.pieces, 4);
  for (int i = 0; i < 5; ++i) {
    phase.ahead();
    EXPECT_EQ(phase.piece(), static_cast<std::int64_t>(kPieceRecords));
  }
  EXPECT_EQ(begun, (std::vector<PageRecord*>{&r[0], &r[kPieceRecords], &r[2 * kPieceRecords],
                                             &r[3 * kPieceRecords], &r[0]}));
}

TEST(pass_over, has_smaller_pieces_in_small_areas) {
  const auto pieces = [](std::size_t n) {
    auto r = records(n);
    return pass_over(r, [](std::span<PageRecord>) {}).pieces;
  };
  EXPECT_EQ(pieces(kPieceRecords), 4);
  EXPECT_EQ(pieces(2 * kLeastPieceRecords), 2);
  EXPECT_EQ(pieces(100), 1);
}

TEST(clear_memory, clears_whole_pages) {
  auto r = records(128);
  init_records(r, 1 << 20);
  clear_memory(r);
  for (const PageRecord& page : r) EXPECT_EQ(page.flags | page.list_next | page.refcount, 0U);
}

TEST(host, calibrates_and_compares_in_a_short_run) {
  const auto host = Host::here(Bytes{kGiB});  // whatever is free here: it takes little
  ASSERT_TRUE(host.has_value()) << host.error().front().text();
  ASSERT_FALSE(host->nodes().empty());
  EXPECT_FALSE(host->nodes()[0].cores.empty());
  Limits limits;
  limits.seconds = 0;
  limits.memory = kLeastMemory;
  int told = 0;
  const auto progress = [&](const std::string&) { ++told; };
  auto experiments = Experiments::prepare(*host, limits);
  ASSERT_TRUE(experiments.has_value()) << experiments.error().front().text();
  const auto measured = measure(*host, limits, progress, experiments->benches());
  ASSERT_TRUE(measured.has_value()) << measured.error().front().text();
  EXPECT_GT(told, 3);
  for (const auto& [name, series] : measured->all()) {
    EXPECT_GE(series->repetitions.size(), 1U) << name;
    EXPECT_LE(series->repetitions.size(), 3U) << name;
    EXPECT_GT(series->least(), 0) << name;
    EXPECT_LE(series->disturbed, series->samples) << name;
  }
  const auto base = config::load_toml(MHP_SOURCE_DIR "/configs/costs/xeon.toml");
  const Constants constants = derive(*measured, read_back_costs(*base));
  const auto machine = read_back_machine(machine_table(constants, host->cpu(), host->nodes()));
  const auto costs = read_back_costs(cost_table(*base, constants, "here"));
  const Comparison all = experiments->compare(machine, costs);
  EXPECT_EQ(all.experiments.size(), host->nodes()[0].cores.size() < 2   ? 5U
                                    : host->nodes()[0].cores.size() > 2 ? 11U
                                                                        : 9U);
  for (const Experiment& e : all.experiments) {
    EXPECT_GE(e.real.repetitions.size(), 1U) << e.name;
    EXPECT_GT(e.real.value(), 0) << e.name;
    EXPECT_GT(e.simulated, 0) << e.name;
    EXPECT_EQ(e.pass(), std::abs(e.deviation()) <= (e.contended ? 0.25 : 0.15)) << e.name;
  }
}

}  // namespace
}  // namespace mhp::host::host_test
