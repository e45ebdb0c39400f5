#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::fragmenter_test {
namespace {

std::int64_t free_huge_blocks(const kernel::Mm& mm) {
  std::int64_t n = 0;
  for (const auto& zone : mm.node(NodeId{0}).zones)
    n += zone.buddy.free_blocks(9) + 2 * zone.buddy.free_blocks(10);
  return n;
}

// It keeps one page of 512: memory is as free as before, but in no block of 2 MiB.
TEST(Fragmenter, leaves_memory_free_and_useless_for_huge_pages) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const std::int64_t huge = free_huge_blocks(bed.mm);
  const Workload& w = bed.start("fragmenter", {{"share_percent", TestBed::number(50)}});
  bed.run_until(kSecond * 10);
  const std::int64_t broken = figure(w, "broken_pageblocks");
  EXPECT_EQ(broken, free.value / 512 / 2);
  EXPECT_EQ((free - bed.mm.mem_free()).value, broken);
  EXPECT_NEAR(static_cast<double>(huge - free_huge_blocks(bed.mm)), static_cast<double>(broken), 1)
      << "but for a spare block on the per-CPU list";
  bed.mm.validate();
}

TEST(Fragmenter, gives_all_back_after_its_hold_and_begins_anew) {
  TestBed bed;
  const Workload& w = bed.start(
      "fragmenter", {{"hold", TestBed::text("1s")}, {"pageblocks", TestBed::number(1000)}});
  bed.run_until(kSecond * 5);
  EXPECT_GT(figure(w, "operations"), 4);
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::fragmenter_test
