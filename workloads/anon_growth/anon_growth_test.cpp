#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::anon_growth_test {
namespace {

TestBed::Settings growth(const char* step, const char* limit, const char* extent = "32KiB") {
  return {{"step", TestBed::text(step)},
          {"limit", TestBed::text(limit)},
          {"extent", TestBed::text(extent)}};
}

TEST(AnonGrowth, grows_to_its_limit_and_uses_its_memory_from_then_on) {
  TestBed bed;
  const Workload& w = bed.start("anon_growth", growth("16MiB", "256MiB"));
  bed.run_until(kSecond * 10);
  EXPECT_EQ(figure(w, "resident_pages"), 256 * kMiB / kPageSize);
  EXPECT_EQ(figure(w, "pages_reclaimed"), 0);
  EXPECT_EQ(figure(w, "stalls"), 0);
  EXPECT_GT(figure(w, "operations"), 80);
  bed.mm.validate();
}

// Without swap nothing can be taken from it: the OOM killer ends it, and it starts anew.
TEST(AnonGrowth, without_a_limit_it_is_killed_and_its_memory_is_free_again) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  TestBed::Settings settings = growth("64MiB", "0B");
  settings.push_back({"restart", Value{false, {}}});
  const Workload& w = bed.start("anon_growth", settings);
  bed.run_until(kSecond * 60);
  EXPECT_EQ(figure(w, "killed"), 1);
  EXPECT_EQ(bed.mm.reclaim().events().oom_kill, 1);
  EXPECT_GT(figure(w, "resident_pages_max"), free.value / 2);
  EXPECT_EQ(figure(w, "resident_pages"), 0);
  EXPECT_EQ(bed.mm.mem_free(), free);
  bed.mm.validate();
}

// With swap the least used pages go there, and come back when they are used.
TEST(AnonGrowth, with_swap_it_outgrows_the_memory) {
  kernel::KernelConfig config;
  config.swap = Bytes{2 * kGiB};
  TestBed bed({TestBed::node(Bytes{kGiB})}, config);
  const Workload& w = bed.start("anon_growth", growth("64MiB", "1536MiB"));
  bed.run_until(kSecond * 30);
  EXPECT_EQ(figure(w, "killed"), 0);
  EXPECT_GT(figure(w, "pages_reclaimed"), 0);
  EXPECT_GT(bed.mm.reclaim().events().pswpin, 0);
  EXPECT_LT(figure(w, "resident_pages"), kGiB / kPageSize);
  bed.mm.validate();
}

// The grain must not decide the answer: what had to go to swap, for extents from a page up.
TEST(AnonGrowth, results_converge_as_extents_shrink) {
  const auto swapped_out = [](const char* extent) {
    kernel::KernelConfig config;
    config.swap = Bytes{kGiB};
    TestBed bed({TestBed::node(Bytes{256 * kMiB})}, config);
    TestBed::Settings settings = growth("16MiB", "384MiB", extent);
    settings.push_back({"touched_percent", TestBed::number(0)});
    const Workload& w = bed.start("anon_growth", settings);
    bed.run_until(kSecond * 10);
    return static_cast<double>(figure(w, "pages_reclaimed"));
  };
  const double finest = swapped_out("4KiB");
  EXPECT_GT(finest, 0);
  EXPECT_NEAR(swapped_out("32KiB"), finest, 0.05 * finest);
  EXPECT_NEAR(swapped_out("2MiB"), finest, 0.15 * finest);
}

// What is used again is traffic of 2 MiB at a time: how many events it costs does not depend on the
// grain.
TEST(AnonGrowth, the_use_of_its_memory_costs_as_many_events_whatever_the_grain) {
  const auto events = [](const char* extent) {
    TestBed bed;
    TestBed::Settings settings = growth("16MiB", "256MiB", extent);
    settings.push_back({"touched_percent", TestBed::number(100)});
    const Workload& w = bed.start("anon_growth", settings);
    return bed.events_an_operation(w, kSecond * 10, kSecond * 20);
  };
  const double coarse = events("2MiB");
  EXPECT_GT(coarse, 128);
  for (const char* extent : {"4KiB", "32KiB"}) EXPECT_NEAR(events(extent), coarse, 0.1 * coarse);
}

// An empty machine has a huge page for every fault; `never` gives base pages without trying.
TEST(AnonGrowth, takes_huge_pages_as_the_kernel_is_set) {
  for (const bool on : {true, false}) {
    kernel::KernelConfig config;
    if (!on) config.transparent_hugepage = kernel::ThpEnabled::never;
    TestBed bed({TestBed::node(Bytes{kGiB})}, config);
    const Workload& w = bed.start("anon_growth", growth("16MiB", "256MiB", "thp"));
    bed.run_until(kSecond * 5);
    EXPECT_EQ(figure(w, "resident_pages"), 256 * kMiB / kPageSize);
    EXPECT_EQ(bed.mm.reclaim().events().thp_fault_alloc, on ? 128 : 0);
    EXPECT_EQ(bed.mm.reclaim().events().thp_fault_fallback, 0);
    bed.mm.validate();
  }
}

// 256 MiB: 128 PTE tables, one of PMD entries, two above; huge pages have theirs deposited. Ten
// stacks of 4 pages. All of it goes with the process.
TEST(AnonGrowth, page_tables_and_stacks_come_with_a_process_and_go_with_it) {
  for (const char* extent : {"4KiB", "32KiB", "thp"}) {
    TestBed bed;
    const PageCount free = bed.mm.mem_free();
    TestBed::Settings settings = growth("64MiB", "256MiB", extent);
    settings.push_back({"page_tables", Value{true, {}}});
    settings.push_back({"threads", TestBed::number(10)});
    settings.push_back({"hold", TestBed::text("1s")});
    settings.push_back({"interval", TestBed::text("200ms")});
    settings.push_back({"touched_percent", TestBed::number(0)});
    const Workload& w = bed.start("anon_growth", settings);
    bed.run_until(kSecond);
    EXPECT_EQ(figure(w, "resident_pages"), 256 * kMiB / kPageSize);
    EXPECT_EQ(figure(w, "page_table_pages"), 128 + 1 + 2) << extent;
    EXPECT_EQ((free - bed.mm.mem_free()).value, 256 * kMiB / kPageSize + 131 + 40);
    bed.run_until(kSecond + kMillisecond * 950);
    EXPECT_EQ(figure(w, "resident_pages"), 0);
    EXPECT_EQ(bed.mm.mem_free(), free) << extent;
  }
}

// Half of its memory is mlocked: the other half goes to swap, however much is wanted.
TEST(AnonGrowth, locked_memory_stays_where_it_is) {
  kernel::KernelConfig config;
  config.swap = Bytes{kGiB};
  TestBed bed({TestBed::node(Bytes{256 * kMiB})}, config);
  TestBed::Settings settings = growth("16MiB", "320MiB");
  settings.push_back({"locked_percent", TestBed::number(50)});
  settings.push_back({"touched_percent", TestBed::number(0)});
  const Workload& w = bed.start("anon_growth", settings);
  bed.run_until(kSecond * 10);
  EXPECT_EQ(bed.mm.lru().size(NodeId{0}, kernel::LruList::unevictable).value,
            160 * kMiB / kPageSize);
  EXPECT_GT(figure(w, "pages_reclaimed"), 64 * kMiB / kPageSize);
  EXPECT_EQ(figure(w, "killed"), 0);
  bed.mm.validate();
}

// More than there is: at the end faults fall back to base pages, and none of them is lost.
TEST(AnonGrowth, falls_back_to_base_pages_where_no_huge_page_is_left) {
  TestBed bed;
  TestBed::Settings settings = growth("64MiB", "0B", "thp");
  settings.push_back({"restart", Value{false, {}}});
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("anon_growth", settings);
  bed.run_until(kSecond * 60);
  EXPECT_GT(bed.mm.reclaim().events().thp_fault_alloc, 0);
  EXPECT_GT(bed.mm.reclaim().events().thp_fault_fallback, 0);
  EXPECT_EQ(figure(w, "killed"), 1);
  EXPECT_EQ(bed.mm.mem_free(), free);
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::anon_growth_test
