#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::hugetlb_pool_test {
namespace {

PageCount managed(const kernel::Mm& mm) {
  PageCount n;
  for (const auto& zone : mm.node(NodeId{0}).zones) n += zone.managed_pages;
  return n;
}

Value list(const std::vector<const char*>& texts) {
  Value::Array all;
  for (const char* t : texts) all.push_back(TestBed::text(t));
  return {std::move(all), {}};
}

TEST(HugetlbPool, grows_and_shrinks_in_turns) {
  TestBed bed;
  const std::int64_t percent = bytes_of(managed(bed.mm)).value / 100;
  const Workload& w = bed.start("hugetlb_pool", {});
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "huge_pages"), percent * 50 / (2 * kMiB));
  bed.run_until(kSecond * 11);
  EXPECT_EQ(figure(w, "huge_pages"), percent * 10 / (2 * kMiB));
  EXPECT_EQ(figure(w, "huge_pages_missing"), 0);
  EXPECT_EQ(figure(w, "operations"), 2);
  bed.mm.validate();
}

TEST(HugetlbPool, is_written_by_the_clock) {
  TestBed bed;
  const Workload& w = bed.start("hugetlb_pool", {{"writes", list({"30 at 2s", "7 at 3s"})}});
  bed.run_until(kSecond * 2 - kMillisecond);
  EXPECT_EQ(figure(w, "huge_pages"), 0);
  bed.run_until(kSecond * 3 - kMillisecond);
  EXPECT_EQ(figure(w, "huge_pages"), 30);
  bed.run_until(kSecond * 100);
  EXPECT_EQ(figure(w, "huge_pages"), 7);
  EXPECT_EQ(figure(w, "operations"), 2);
}

TEST(HugetlbPool, a_write_that_is_none_is_refused) {
  for (const char* wrong :
       {"", "30", "30 at", "at 2s", "-1 at 2s", "x at 2s", "30 at soon", "1 2 at 3s"}) {
    const Value table{
        Value::Table{{"kind", TestBed::text("hugetlb_pool")}, {"writes", list({wrong})}}, {}};
    Diagnostics errors;
    workloads().find("hugetlb_pool")->configure(table, "workload", errors, nullptr);
    EXPECT_EQ(errors.size(), 1u) << wrong;
  }
}

TEST(HugetlbPool, finds_fewer_pages_where_a_fragmenter_was_before_it) {
  TestBed bed;
  bed.start("fragmenter", {{"share_percent", TestBed::number(90)},
                           {"pageblocks", TestBed::number(100'000)},
                           {"interval", TestBed::text("1ms")}});
  bed.run_until(kSecond);
  const Workload& w = bed.start("hugetlb_pool", {});
  bed.run_until(kSecond * 2);
  EXPECT_GT(figure(w, "huge_pages_missing"), 0);
  EXPECT_EQ(figure(w, "failures"), 1);
}

// Page cache in single pages leaves no pageblock free: the pool is made by moving and dropping it.
TEST(HugetlbPool, has_memory_compacted_and_reclaimed) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  kernel::Population cache(bed.mm, kernel::Content::page_cache);
  const kernel::AllocRequest one{.node = NodeId{0},
                                 .type = kernel::MigrateType::movable,
                                 .highest = kernel::ZoneType::movable};
  while (const auto got = bed.mm.get_page_from_freelist(one, kernel::Mark::none, bed.mm.nobody()))
    cache.add(*got, 0);
  for (kernel::Population::Extent e = 0; e < cache.extents(); e += 2)
    cache.free(e, bed.mm.nobody());
  bed.mm.drain_all_pages(bed.mm.nobody());
  const std::int64_t percent = bytes_of(managed(bed.mm)).value / 100;
  const Workload& w = bed.start("hugetlb_pool", {});
  bed.run_until(kSecond * 5);
  EXPECT_EQ(figure(w, "huge_pages"), percent * 50 / (2 * kMiB));
  EXPECT_EQ(figure(w, "huge_pages_missing"), 0);
  EXPECT_GT(bed.mm.reclaim().events().compact_success, 0);
  EXPECT_GT(bed.mm.reclaim().events().pgsteal(), 0);
  bed.mm.validate();
}

TEST(HugetlbPool, gigantic_pages_are_ranges_of_their_own) {
  TestBed bed({TestBed::node(Bytes{8 * kGiB})});
  const Workload& w = bed.start("hugetlb_pool", {{"size", TestBed::text("1GiB")}});
  bed.run_until(kSecond);
  EXPECT_GE(figure(w, "huge_pages"), 2);
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::hugetlb_pool_test
