#include <fmt/format.h>

#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/record/run_file.hpp"
#include "workloads/common/test_bed.hpp"
#include "workloads/trace/reader.hpp"

namespace mhp::workloads {
namespace {

std::optional<PageEvent> parse(TraceForm form, const std::string& line) {
  auto event = parse_line(form, line, {"t", 7, 0});
  if (event) return *event;
  ADD_FAILURE() << event.error().front().text();
  return std::nullopt;
}

std::string error_of(TraceForm form, const std::string& line) {
  const auto event = parse_line(form, line, {"t", 7, 0});
  return event ? "" : event.error().front().text();
}

TEST(TraceLine, of_ftrace_is_read) {
  const auto e = parse(TraceForm::events,
                       "   bash-1234    [001] d..2.  1234.567890: mm_page_alloc: "
                       "page=00000000ab12 pfn=0x1000a0 order=2 migratetype=1 "
                       "gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_ZERO");
  ASSERT_TRUE(e.has_value());
  EXPECT_TRUE(e->alloc);
  EXPECT_EQ(e->time, SimTime{1'234'567'890'000});
  EXPECT_EQ(e->pfn, Pfn{0x1000a0});
  EXPECT_EQ(e->order, 2);
  EXPECT_EQ(e->request.highest, kernel::ZoneType::movable);
  EXPECT_EQ(e->request.type, kernel::MigrateType::movable);
}

TEST(TraceLine, of_perf_script_is_read) {
  const auto e = parse(TraceForm::events,
                       "kworker/0:1  77 [000]    12.000000001: kmem:mm_page_free: "
                       "page=0xffffea0004002800 pfn=1048736 order=0");
  ASSERT_TRUE(e.has_value());
  EXPECT_FALSE(e->alloc);
  EXPECT_EQ(e->time, SimTime{12'000'000'001});
  EXPECT_EQ(e->pfn, Pfn{1'048'736});
}

TEST(TraceLine, of_csv_is_read) {
  const auto e = parse(TraceForm::csv, "5,alloc,0x200,9,1,GFP_TRANSHUGE_LIGHT");
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->order, 9);
  EXPECT_FALSE(e->request.direct_reclaim);
  EXPECT_FALSE(parse(TraceForm::csv, "6,free,512,9,,")->alloc);
}

TEST(TraceLine, comments_and_other_events_hold_nothing) {
  for (const char* line :
       {"# tracer: nop", "", "  bash-1 [000] .....  1.5: mm_page_alloc_zone_locked: page=1 pfn=2",
        "  bash-1 [000] .....  1.5: sched_switch: prev_comm=bash", "    ffffffff81 __alloc_pages"})
    EXPECT_FALSE(parse(TraceForm::events, line).has_value()) << line;
}

TEST(TraceLine, what_is_wrong_is_told_with_line_and_column) {
  EXPECT_EQ(error_of(TraceForm::events, "a-1 [0] 1.5: mm_page_free: page=1 pfn=zz order=0"),
            "t:7:39: 'zz' is no page frame number; 0 to 4503599627370496");
  EXPECT_EQ(error_of(TraceForm::events, "a-1 [0] 1.5: mm_page_free: page=1 pfn=2 order=14"),
            "t:7:47: '14' is no order; 0 to 13");
  EXPECT_EQ(error_of(TraceForm::events, "mm_page_free: page=1 pfn=2 order=1"),
            "t:7:1: no time before the event; TIME: mm_page_alloc: ...");
  EXPECT_EQ(error_of(TraceForm::csv, "1,steal,3,0,0,GFP_KERNEL"),
            "t:7:3: unknown event 'steal'; alloc or free");
  EXPECT_EQ(error_of(TraceForm::csv, "1,alloc,3"),
            fmt::format("t:7:1: a row has six columns; {}", kTraceColumns));
}

TEST(GfpFlags, decide_how_hard_a_request_tries) {
  EXPECT_TRUE(request_of("GFP_ATOMIC|__GFP_NOWARN", 0, 0).atomic);
  EXPECT_EQ(request_of("GFP_KERNEL|__GFP_NORETRY", 3, 0).retry, kernel::Retry::noretry);
  EXPECT_EQ(request_of("GFP_KERNEL|__GFP_RETRY_MAYFAIL", 3, 0).retry, kernel::Retry::mayfail);
  EXPECT_EQ(request_of("GFP_KERNEL", 0, 0).highest, kernel::ZoneType::normal);
  EXPECT_EQ(request_of("GFP_DMA32", 0, 0).highest, kernel::ZoneType::dma32);
  EXPECT_FALSE(request_of("GFP_NOWAIT", 0, 0).direct_reclaim);
  EXPECT_TRUE(request_of("GFP_KERNEL", 0, 0).direct_reclaim);
}

std::string sample() { return MHP_SOURCE_DIR "/configs/traces/linux-6.12-huge-pages.txt"; }

// What the recording itself says, counted by its lines: see README.md of this folder.
TEST(Trace, the_sample_holds_what_its_events_leave) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("trace", {{"file", TestBed::text(sample())}});
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "operations"), 1600);
  EXPECT_EQ(figure(w, "held_pages"), (free - bed.mm.mem_free()).value);
  EXPECT_EQ(figure(w, "held_pages"), 16500);
  EXPECT_EQ(figure(w, "held_pages_max"), 30720);
  EXPECT_EQ(figure(w, "frees_of_unknown_pages"), 288);
  EXPECT_EQ(figure(w, "failures"), 0);
  bed.mm.validate();
}

// The table holds what the text does, event by event, and its replay does the same.
TEST(Trace, as_hdf5_is_the_same_recording) {
  const ScratchFolder folder;
  const std::string path = folder.path("trace.h5");
  for (const Diagnostic& e : convert_trace(sample(), path, false)) FAIL() << e.text();
  EXPECT_EQ(convert_trace(sample(), path, false).size(), 1U) << "it is there already";
  TraceReader text(sample());
  TraceReader table(path);
  for (int i = 0; i < 1601; ++i) {
    const auto a = text.next();
    const auto b = table.next();
    ASSERT_TRUE(a && b);
    ASSERT_EQ(a->has_value(), b->has_value()) << i;
    ASSERT_EQ(a->has_value(), i < 1600);
    if (!a->has_value()) break;
    ASSERT_EQ((*a)->alloc, (*b)->alloc) << i;
    ASSERT_EQ((*a)->time, (*b)->time) << i;
    ASSERT_EQ((*a)->pfn, (*b)->pfn) << i;
    ASSERT_EQ((*a)->order, (*b)->order) << i;
    ASSERT_EQ((*a)->gfp_flags, (*b)->gfp_flags) << i;
    ASSERT_EQ((*a)->migratetype, (*b)->migratetype) << i;
    ASSERT_EQ((*a)->request.highest, (*b)->request.highest) << i;
  }
  TestBed bed;
  const Workload& w = bed.start("trace", {{"file", TestBed::text(path)}});
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "operations"), 1600);
  EXPECT_EQ(figure(w, "held_pages"), 16500);
}

TEST(Trace, hdf5_that_is_no_recording_is_refused) {
  const ScratchFolder folder;
  const std::string path = folder.path("no_trace.h5");
  record::FileContent other;
  other.attribute("schema", "something/1").group("events");
  ASSERT_TRUE(record::write_file(other, path, true));
  const auto errors = check_trace(path, {});
  ASSERT_FALSE(errors.empty());
  EXPECT_NE(errors.front().text().find("no recording of page events"), std::string::npos);
  TraceTable table;
  table.add({.alloc = true, .pfn = Pfn{8}, .order = 14, .migratetype = 1});
  ASSERT_TRUE(record::write_file(*table.content("bad"), path, true));
  const auto wrong = check_trace(path, {});
  ASSERT_FALSE(wrong.empty());
  EXPECT_NE(wrong.front().text().find("event 0: order 14; 0 to 13"), std::string::npos);
}

/// A file with this text, gone at the end of the test.
class TraceFile {
 public:
  explicit TraceFile(const std::string& text) { std::ofstream(path()) << text; }
  std::string path() const { return folder_.path("events.csv"); }

 private:
  ScratchFolder folder_;
};

// 8 pages, of which two parts are freed: 2 and 1 stay.
TEST(Trace, parts_of_a_block_are_freed_by_themselves) {
  const TraceFile file(
      fmt::format("{}\n0,alloc,1024,3,1,GFP_KERNEL\n1,free,1028,2,,\n2,free,1024,0,,\n"
                  "3,alloc,0,0,0,GFP_KERNEL\n4,free,4096,0,,\n",
                  kTraceColumns));
  TestBed bed;
  const Workload& w = bed.start("trace", {{"file", TestBed::text(file.path())}});
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "held_pages"), 3);
  EXPECT_EQ(figure(w, "held_pages_max"), 8);
  EXPECT_EQ(figure(w, "failed_when_recorded"), 1);
  EXPECT_EQ(figure(w, "frees_of_unknown_pages"), 1);
  bed.mm.validate();
}

TEST(Trace, a_file_is_checked_before_the_run) {
  const TraceFile bad(fmt::format("{}\n0,alloc,12,3,1,GFP_KERNEL\nx,free,1,0,,\n", kTraceColumns));
  const auto errors = check_trace(bad.path(), {});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors.front().where.line, 3);
  EXPECT_EQ(check_trace("/nowhere/trace.txt", {}).size(), 1U);
  const TraceFile empty("# nothing\n");
  EXPECT_EQ(check_trace(empty.path(), {}).size(), 1U);
}

}  // namespace
}  // namespace mhp::workloads
