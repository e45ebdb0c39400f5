#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::shared_memory_test {
namespace {

TestBed::Settings segment(const char* size, std::int64_t processes, const char* page = "4KiB") {
  return {{"segment", TestBed::text(size)},          {"page", TestBed::text(page)},
          {"processes", TestBed::number(processes)}, {"connect", TestBed::text("1ms")},
          {"interval", TestBed::text("1ms")},        {"step", TestBed::text("16MiB")}};
}

// Each process: a table for each 2 MiB, one for each GiB, and the two above; a stack of 4 pages.
TEST(SharedMemory, of_base_pages_has_tables_for_each_process) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("shared_memory", segment("256MiB", 5));
  bed.run_until(kSecond * 2);
  EXPECT_EQ(figure(w, "processes"), 5);
  EXPECT_EQ(figure(w, "resident_pages"), 65'536);
  EXPECT_EQ(figure(w, "page_table_pages"), 5 * (128 + 1 + 2));
  EXPECT_EQ(figure(w, "stack_pages"), 5 * 4);
  EXPECT_EQ((free - bed.mm.mem_free()).value, 65'536 + 5 * (131 + 4));
  EXPECT_EQ(figure(w, "killed"), 0);
  bed.mm.validate();
}

TEST(SharedMemory, of_which_a_part_is_touched_has_tables_for_that) {
  TestBed bed;
  auto settings = segment("256MiB", 2);
  settings.push_back({"touched_percent", TestBed::number(25)});
  const Workload& w = bed.start("shared_memory", settings);
  bed.run_until(kSecond * 2);
  EXPECT_EQ(figure(w, "page_table_pages"), 2 * (32 + 1 + 2));
}

// Tables of PMDs of a whole GiB are one for all (huge_pmd_share), those of the rest each process's
// own; gigantic pages need none.
TEST(SharedMemory, of_huge_pages_has_few_tables) {
  {
    TestBed bed({TestBed::node(Bytes{3 * kGiB})});
    const Workload& w = bed.start("shared_memory", segment("1280MiB", 10, "2MiB"));
    bed.run_until(kSecond * 2);
    EXPECT_EQ(figure(w, "resident_pages"), 1280 * 256);
    EXPECT_EQ(figure(w, "page_table_pages"), 1 + 10 * (1 + 2));
  }
  TestBed bed({TestBed::node(Bytes{4 * kGiB})});
  const Workload& w = bed.start("shared_memory", segment("1GiB", 10, "1GiB"));
  bed.run_until(kSecond * 2);
  EXPECT_EQ(figure(w, "resident_pages"), 262'144);
  EXPECT_EQ(figure(w, "page_table_pages"), 10 * 2);
  EXPECT_EQ(figure(w, "failures"), 0);
}

// As of a process's own memory (anon_growth).
TEST(SharedMemory, its_use_costs_as_many_events_whatever_the_grain) {
  const auto events = [](const char* extent) {
    TestBed bed;
    TestBed::Settings settings = segment("256MiB", 2);
    settings.push_back({"extent", TestBed::text(extent)});
    const Workload& w = bed.start("shared_memory", settings);
    return bed.events_an_operation(w, kSecond * 10, kSecond * 12);
  };
  const double coarse = events("2MiB");
  EXPECT_GT(coarse, 8);
  for (const char* extent : {"4KiB", "32KiB"}) EXPECT_NEAR(events(extent), coarse, 0.1 * coarse);
}

TEST(SharedMemory, lacks_the_huge_pages_that_cannot_be_had) {
  TestBed bed({TestBed::node(Bytes{512 * kMiB})});
  const Workload& w = bed.start("shared_memory", segment("1GiB", 1, "2MiB"));
  bed.run_until(kSecond);
  EXPECT_LT(figure(w, "resident_pages"), 512 * 256);
  EXPECT_GT(figure(w, "failures"), 0);
}

// 400 processes of 67 tables each and their stacks are 111 MiB beside the segment.
TEST(SharedMemory, kills_a_process_where_tables_find_no_memory) {
  TestBed bed({TestBed::node(Bytes{224 * kMiB})});
  auto settings = segment("128MiB", 400);
  settings.push_back({"restart", Value{false, {}}});
  const Workload& w = bed.start("shared_memory", settings);
  bed.run_until(kSecond * 5);
  EXPECT_GT(figure(w, "killed"), 0);
  EXPECT_LT(figure(w, "page_table_pages"), 400 * 67);
  EXPECT_EQ(bed.mm.reclaim().events().oom_kill, figure(w, "killed"));
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::shared_memory_test
