#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"
#include "workloads/script/steps.hpp"

namespace mhp::workloads::script_test {
namespace {

constexpr std::int64_t kMiBPages = kMiB / kPageSize;

TestBed::Settings steps(const std::vector<const char*>& list) {
  Value::Array array;
  for (const char* step : list) array.push_back(TestBed::text(step));
  return {{"steps", Value{std::move(array), {}}},
          {"storage_bandwidth", TestBed::text("20GB/s")},
          {"storage_latency", TestBed::text("1us")}};
}

std::string refused(const std::vector<const char*>& list) {
  Value table{Value::Table{}, {}};
  table.table()->push_back({"kind", TestBed::text("script")});
  for (const auto& [key, value] : steps(list)) table.table()->push_back({key, value});
  Diagnostics errors;
  workloads().find("script")->configure(table, "workload", errors, nullptr);
  std::string all;
  for (const Diagnostic& e : errors) all += e.problem + "; " + e.remedy + "\n";
  return all;
}

TEST(Script, each_step_takes_and_gives_back_what_it_says) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("script", steps({"hold 64MiB", "lock 16MiB", "unmovable 32MiB 32",
                                                 "read 100MiB", "read 90MiB 20MiB", "until 10s",
                                                 "drop 20MiB", "until 20s", "free", "until 30s"}));
  bed.run_until(kSecond * 5);
  EXPECT_EQ(figure(w, "steps_finished"), 5);
  EXPECT_EQ(figure(w, "resident_pages"), 80 * kMiBPages);
  EXPECT_EQ(figure(w, "locked_pages"), 16 * kMiBPages);
  EXPECT_EQ(figure(w, "unmovable_pages"), kMiBPages);
  EXPECT_EQ(figure(w, "cached_pages"), 110 * kMiBPages);
  // 40 PTE tables, one of PMD entries and two above; a stack of 4 pages.
  EXPECT_EQ(figure(w, "page_table_pages"), 43);
  EXPECT_EQ((free - bed.mm.mem_free()).value, 191 * kMiBPages + 43 + 4);
  // 1 MiB each: 64 + 16 + 32 + 100 + 20.
  EXPECT_EQ(figure(w, "operations"), 232);
  bed.run_until(kSecond * 15);
  EXPECT_EQ(figure(w, "resident_pages"), 60 * kMiBPages);
  EXPECT_EQ(figure(w, "locked_pages"), 0);
  bed.run_until(kSecond * 31);
  EXPECT_EQ(figure(w, "steps_finished"), 10);
  EXPECT_EQ((free - bed.mm.mem_free()).value, 110 * kMiBPages + 2 + 4);
  EXPECT_EQ(figure(w, "failures"), 0);
  bed.mm.validate();
}

TEST(Script, huge_pages_where_the_kernel_gives_them_and_base_pages_for_the_rest) {
  TestBed bed;
  const Workload& w = bed.start("script", steps({"hold 65MiB thp", "hold 8MiB"}));
  bed.run_until(kSecond);
  EXPECT_EQ(bed.mm.reclaim().events().thp_fault_alloc, 32);
  EXPECT_EQ(figure(w, "resident_pages"), 73 * kMiBPages);
}

// One page in 16 stays, all over what was taken: hardly a pageblock is free of them.
TEST(Script, unmovable_pages_stay_in_every_pageblock_that_was_taken) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const auto order9 = [&] {
    std::int64_t blocks = 0;
    for (const auto& zone : bed.mm.node(NodeId{0}).zones)
      for (int order = 9; order <= bed.mm.geometry().max_order(); ++order)
        blocks += zone.buddy.free_blocks(order) << (order - 9);
    return blocks;
  };
  const std::int64_t before = order9();
  const Workload& w = bed.start("script", steps({"unmovable 128MiB 16"}));
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "unmovable_pages"), 8 * kMiBPages);
  EXPECT_LE(order9(), before - 60);
  bed.mm.validate();
}

// A file twice the memory, once through: what is in the cache at the end is its end.
TEST(Script, a_file_larger_than_memory_goes_through_and_its_end_stays) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const Workload& w =
      bed.start("script", steps({"read 512MiB", "until 20s", "read 384MiB 128MiB"}));
  bed.run_until(kSecond * 19);
  EXPECT_EQ(figure(w, "steps_finished"), 1);
  const std::int64_t cached = figure(w, "cached_pages");
  EXPECT_GT(cached, 128 * kMiBPages);
  EXPECT_EQ(figure(w, "pages_reclaimed"), 512 * kMiBPages - cached);
  EXPECT_EQ(figure(w, "pages_refaulted"), 0);
  bed.run_until(kSecond * 40);
  EXPECT_EQ(figure(w, "pages_refaulted"), 0);
  EXPECT_EQ(figure(w, "cached_pages"), cached);
}

TEST(Script, goes_round_until_the_run_ends) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const Workload& w = bed.start("script", steps({"round 512MiB 128KiB 500us"}));
  bed.run_until(kSecond * 10);
  EXPECT_EQ(figure(w, "steps_finished"), 0);
  EXPECT_GT(figure(w, "operations"), 4096);
  EXPECT_GT(figure(w, "pages_refaulted"), 0);
}

// Its uses show in the page tables: what one process goes on using stays, what is read once goes.
TEST(Script, what_is_mapped_and_used_outlives_what_is_read_once) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const Workload& mapped = bed.start("script", steps(std::vector<const char*>(100, "map 64MiB")));
  const Workload& read = bed.start("script", steps({"until 20ms", "read 1GiB"}));
  bed.run_until(kMillisecond * 500);
  EXPECT_GT(figure(read, "pages_reclaimed"), 256 * kMiBPages);
  EXPECT_GT(figure(mapped, "mapped_pages"), 60 * kMiBPages);
}

// What calls have read and a process then maps is there already: no page more.
TEST(Script, a_file_in_the_cache_is_mapped_as_it_lies) {
  TestBed bed;
  const Workload& w = bed.start("script", steps({"read 64MiB", "map 64MiB"}));
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "cached_pages"), 64 * kMiBPages);
  for (kernel::LruRef r = 0; r < bed.mm.lru().runs(); ++r) EXPECT_TRUE(bed.mm.lru()[r].mapped);
}

TEST(Script, swapped_memory_comes_back_when_it_is_touched) {
  kernel::KernelConfig config;
  config.swap = Bytes{kGiB};
  TestBed bed({TestBed::node(Bytes{256 * kMiB})}, config);
  const Workload& w =
      bed.start("script", steps({"hold 300MiB", "until 30s", "touch", "until 90s", "free"}));
  bed.run_until(kSecond * 29);
  EXPECT_EQ(figure(w, "resident_pages") + figure(w, "swapped_pages"), 300 * kMiBPages);
  EXPECT_GT(figure(w, "swapped_pages"), 44 * kMiBPages);
  bed.run_until(kSecond * 89);
  EXPECT_GT(figure(w, "pages_refaulted"), 44 * kMiBPages);
  EXPECT_EQ(figure(w, "resident_pages") + figure(w, "swapped_pages"), 300 * kMiBPages);
  bed.run_until(kSecond * 91);
  EXPECT_EQ(figure(w, "resident_pages") + figure(w, "swapped_pages"), 0);
  EXPECT_EQ(bed.mm.reclaim().writeback().swap_free(), bed.mm.geometry().pages_of(config.swap));
}

// The larger of two goes, with its pipes; the other one's steps go on.
TEST(Script, who_is_killed_loses_all_but_the_file) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const PageCount free = bed.mm.mem_free();
  const Workload& small = bed.start("script", steps({"hold 40MiB", "sleep 20s", "hold 10MiB"}));
  const Workload& large =
      bed.start("script", steps({"unmovable 20MiB 1", "hold 1GiB", "sleep 1s", "hold 1GiB"}));
  bed.run_until(kSecond * 60);
  EXPECT_EQ(figure(large, "killed"), 1);
  EXPECT_EQ(figure(large, "steps_finished"), 1);
  EXPECT_EQ(figure(large, "unmovable_pages"), 0);
  EXPECT_EQ(figure(small, "killed"), 0);
  EXPECT_EQ(figure(small, "steps_finished"), 3);
  EXPECT_EQ((free - bed.mm.mem_free()).value, 50 * kMiBPages + 25 + 3 + 4);
  bed.mm.validate();
}

TEST(Script, written_pages_are_written_back_before_they_go) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const Workload& w =
      bed.start("script", steps({"write 100MiB", "sleep 1s", "read 110MiB 400MiB"}));
  bed.run_until(kSecond * 60);
  EXPECT_EQ(figure(w, "steps_finished"), 3);
  EXPECT_GT(bed.mm.reclaim().events().nr_vmscan_write, 0);
  bed.mm.validate();
}

// 64 MiB at 1 GiB less 32 MiB: 32 tables of 2 MiB in two of 1 GiB, and two above; nothing more when
// it is mapped again. Calls need none.
TEST(Script, what_is_mapped_has_page_tables) {
  TestBed bed;
  const Workload& w = bed.start(
      "script", steps({"read 1GiB 64MiB", "until 1s", "map 992MiB 64MiB", "map 992MiB 64MiB"}));
  const Workload& bare = bed.start("script", [] {
    TestBed::Settings s = steps({"map 64MiB", "hold 64MiB"});
    s.push_back({"page_tables", Value{false, {}}});
    s.push_back({"threads", TestBed::number(0)});
    return s;
  }());
  bed.run_until(kMillisecond * 900);
  EXPECT_EQ(figure(w, "page_table_pages"), 0);
  bed.run_until(kSecond * 5);
  EXPECT_EQ(figure(w, "page_table_pages"), 32 + 2 + 2);
  EXPECT_EQ(figure(bare, "page_table_pages"), 0);
}

TEST(Script, the_same_steps_give_the_same_result) {
  const auto run = [] {
    TestBed bed({TestBed::node(Bytes{256 * kMiB})});
    const Workload& w = bed.start("script", steps({"hold 100MiB", "round 400MiB 1MiB 1ms"}));
    bed.run_until(kSecond);
    std::vector<std::int64_t> all;
    for (const Figure& f : w.figures()) all.push_back(f.value);
    return all;
  };
  EXPECT_EQ(run(), run());
}

TEST(Script, a_step_that_is_wrong_is_named_with_what_would_be_right) {
  EXPECT_EQ(refused({"hold 1GiB", "hold 400"}).find("workload.steps.1 'hold 400': "), 0);
  EXPECT_NE(refused({"hold 400"}).find("it is written: hold SIZE [thp]"), std::string::npos);
  EXPECT_NE(refused({"hodl 1GiB"}).find("did you mean hold"), std::string::npos);
  EXPECT_NE(refused({""}).find("begins with no step"), std::string::npos);
  EXPECT_NE(refused({}).find("has no step"), std::string::npos);
  EXPECT_NE(refused({"read"}).find("SIZE is missing"), std::string::npos);
  EXPECT_NE(refused({"read 0B"}).find("SIZE is 0"), std::string::npos);
  EXPECT_NE(refused({"hold 1GiB huge"}).find("'huge' is too much"), std::string::npos);
  EXPECT_NE(refused({"read 1GiB 1GiB 1GiB"}).find("is too much"), std::string::npos);
  EXPECT_NE(refused({"unmovable 1GiB 0"}).find("KEEP is '0', no number"), std::string::npos);
  EXPECT_NE(refused({"unmovable 1GiB 1x"}).find("KEEP is '1x'"), std::string::npos);
  EXPECT_NE(refused({"until 5"}).find("it is written: until TIME"), std::string::npos);
  EXPECT_NE(refused({"sleep -1s"}).find("it is written: sleep TIME"), std::string::npos);
  EXPECT_NE(refused({"round 1GiB 1MiB 0s", "free"}).find("it never ends"), std::string::npos);
  EXPECT_NE(refused({"read 1TiB 1MiB"}).find("goes beyond 1 TiB"), std::string::npos);
  EXPECT_NE(refused({"read 8000PiB 8000PiB"}).find("goes beyond"), std::string::npos);
  EXPECT_EQ(refused({"read 1023GiB 1GiB", "round 0B 1MiB 4KiB 0s"}), "");
}

}  // namespace
}  // namespace mhp::workloads::script_test
