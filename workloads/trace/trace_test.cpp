#include <fmt/format.h>

#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/record/run_file.hpp"
#include "workloads/common/test_bed.hpp"
#include "workloads/trace/survey.hpp"

namespace mhp::workloads::trace_test {
namespace {

std::optional<PageEvent> parse(TraceForm form, const std::string& line,
                               EventParser parser = EventParser{{}}) {
  auto event = parser.parse(form, line, {"t", 7, 0});
  if (event) return *event;
  ADD_FAILURE() << event.error().front().text();
  return std::nullopt;
}

std::string error_of(TraceForm form, const std::string& line) {
  EventParser parser{{}};
  const auto event = parser.parse(form, line, {"t", 7, 0});
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

TEST(TraceLine, of_perf_script_with_a_period_is_read) {
  const auto e = parse(TraceForm::events,
                       "bash  1234 [001]  1234.567890:          1 kmem:mm_page_alloc: "
                       "page=0xffffea0004002800 pfn=0x1000a0 order=0 migratetype=0 "
                       "gfp_flags=GFP_KERNEL");
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->time, SimTime{1'234'567'890'000});
  EXPECT_EQ(e->pfn, Pfn{0x1000a0});
}

TEST(TraceLine, of_trace_cmd_report_is_read) {
  const auto e = parse(TraceForm::events,
                       "           <...>-3979  [007]   217.975284: mm_page_alloc:        "
                       "page=0xffffea0004002800 pfn=1048736 order=3 migratetype=0 "
                       "gfp_flags=GFP_KERNEL|__GFP_COMP\r");
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->time, SimTime{217'975'284'000});
  EXPECT_EQ(e->order, 3);
}

// An event in a graph of functions is a comment; without its option abstime it has no time.
TEST(TraceLine, of_function_graph_is_read_where_it_has_times) {
  const std::string event = "  |  /* mm_page_free: page=00000000ab12 pfn=0x1000a0 order=1 */";
  const auto e = parse(TraceForm::events, " 1234.567890 |   1)   bash-1234  " + event);
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->time, SimTime{1'234'567'890'000});
  EXPECT_EQ(e->order, 1);
  EXPECT_EQ(error_of(TraceForm::events, " 1)   0.125 us  " + event),
            "t:7:1: the text of function_graph has no times of events; record with its option "
            "funcgraph-abstime, or with the tracer nop");
}

// Konstantin Khlebnikov's commit of 3.3 renamed it.
TEST(TraceLine, of_kernels_before_3_3_calls_a_free_direct) {
  const auto e = parse(TraceForm::events,
                       "sh-7 [0] 1.5: mm_page_free_direct: page=ffffea0000c0d540 pfn=2 order=1");
  ASSERT_TRUE(e.has_value());
  EXPECT_FALSE(e->alloc);
  EXPECT_EQ(e->order, 1);
}

// A batched free comes beside mm_page_free, a drain moves what is free: neither is a free.
TEST(TraceLine, that_names_another_event_of_pages_is_counted) {
  EventParser parser{{}};
  for (const char* line :
       {"a-1 [0] 1.5: mm_page_free_batched: page=1 pfn=0x2 order=0",
        "a-1 [0] 1.5: kmem:mm_page_free_batched: page=1 pfn=0x3 order=0",
        "a-1 [0] 1.5: mm_page_pcpu_drain: page=1 pfn=0x2 order=0 migratetype=1",
        "        ffffffff8126e6a1 perf_trace_mm_page_alloc+0xc1 ([kernel.kallsyms])"}) {
    const auto event = parser.parse(TraceForm::events, line, {"t", 7, 0});
    ASSERT_TRUE(event) << line;
    EXPECT_FALSE(event->has_value()) << line;
  }
  const std::map<std::string, std::int64_t> counts{{"mm_page_free_batched", 2},
                                                   {"mm_page_pcpu_drain", 1}};
  EXPECT_EQ(parser.notes().passed_over, counts);
  EXPECT_EQ(parser.notes().mentions, 1);
  EXPECT_EQ(parser.notes().frees, 0);
}

TEST(TraceLine, that_tells_of_lost_events_is_counted) {
  EventParser parser{{}};
  for (const char* line :
       {"# entries-in-buffer/entries-written: 205/1205   #P:4", "CPU:0 [LOST 123 EVENTS]",
        "CPU:7 [20 EVENTS DROPPED]", "CPU:1 [EVENTS DROPPED]", "CPU:2 [LOST EVENTS]",
        "bash 1 [000] 1.5: PERF_RECORD_LOST lost 12"})
    ASSERT_TRUE(parser.parse(TraceForm::events, line, {"t", 7, 0})) << line;
  EXPECT_EQ(parser.notes().overwritten, 1000);
  EXPECT_EQ(parser.notes().lost, 123 + 20 + 12);
  EXPECT_EQ(parser.notes().losses, 2);
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

GfpFlags flags(std::string_view text, std::string_view kernel = "") {
  GfpReader reader(gfp_layout(KernelVersion::of(kernel)));
  const auto read = reader.read(text);
  if (read) return read->flags;
  ADD_FAILURE() << read.error().problem;
  return {};
}

kernel::AllocRequest request(std::string_view text, int order, std::string_view kernel = "") {
  return request_of(flags(text, kernel), order, 0);
}

TEST(GfpFlags, decide_how_hard_a_request_tries) {
  EXPECT_TRUE(request("GFP_ATOMIC|__GFP_NOWARN", 0).atomic);
  EXPECT_EQ(request("GFP_KERNEL|__GFP_NORETRY", 3).retry, kernel::Retry::noretry);
  EXPECT_EQ(request("GFP_KERNEL|__GFP_RETRY_MAYFAIL", 3).retry, kernel::Retry::mayfail);
  EXPECT_EQ(request("GFP_KERNEL", 0).highest, kernel::ZoneType::normal);
  EXPECT_EQ(request("GFP_DMA32", 0).highest, kernel::ZoneType::dma32);
  EXPECT_FALSE(request("GFP_NOWAIT", 0).direct_reclaim);
  EXPECT_TRUE(request("GFP_NOWAIT", 0).kswapd);
  EXPECT_TRUE(request("GFP_KERNEL", 0).direct_reclaim);
  EXPECT_FALSE(request("GFP_TRANSHUGE_LIGHT", 9).direct_reclaim);
  EXPECT_TRUE(request("GFP_TRANSHUGE", 9).direct_reclaim);
  EXPECT_FALSE(request("GFP_TRANSHUGE", 9).kswapd);
  EXPECT_EQ(request("GFP_TRANSHUGE", 9).highest, kernel::ZoneType::movable);
}

// GFP_HIGHUSER_MOVABLE and GFP_KERNEL as reports of the OOM killer print them, number and names.
TEST(GfpFlags, as_numbers_mean_what_they_mean_in_their_kernel) {
  const GfpFlags movable = flags("GFP_HIGHUSER_MOVABLE");
  EXPECT_EQ(flags("0x200da", "3.10.0-1160.el7"), movable);
  EXPECT_EQ(flags("0x24200ca", "4.4"), movable);
  EXPECT_EQ(flags("0x14200ca", "4.14"), movable);
  EXPECT_EQ(flags("0x6200ca", "4.18.0-193.el8"), movable);
  EXPECT_EQ(flags("0x6200ca", "5.0"), movable);
  for (const char* kernel : {"5.1", "5.10", "5.15", "6.1", "6.6.52", "6.12", "7.4", ""}) {
    EXPECT_EQ(flags("0x100cca", kernel), movable) << kernel;
    EXPECT_EQ(flags("0x140cca", kernel), flags("GFP_HIGHUSER_MOVABLE|__GFP_COMP")) << kernel;
    EXPECT_EQ(flags("3264", kernel), flags("GFP_KERNEL")) << kernel;
    EXPECT_TRUE(request("0xa20", 0, "6.1").atomic);
  }
  EXPECT_EQ(flags("0x6000c0", "4.19"), flags("GFP_KERNEL"));
  EXPECT_EQ(flags("0xd0", "2.6.32"), flags("GFP_KERNEL"));
  EXPECT_EQ(flags("GFP_KERNEL|0x1000000", "6.12"), flags("GFP_KERNEL")) << "a bit by configuration";
  EXPECT_EQ(names_of(flags("0x140cca")), "GFP_HIGHUSER_MOVABLE|__GFP_COMP");
  EXPECT_EQ(names_of(flags("none")), "none");
}

TEST(GfpFlags, as_a_number_that_other_kernels_read_otherwise_are_told) {
  GfpReader newest(gfp_layout({}));
  EXPECT_EQ(newest.read("GFP_KERNEL")->otherwise, "");
  EXPECT_EQ(newest.read("0xcc0")->otherwise,
            "4.3 and before, 4.4 to 4.9, 4.10 to 4.17, 4.18 to 5.0");
  EXPECT_EQ(kernels_of(newest.layout()), "6.9 and later");
  EXPECT_EQ(kernels_of(gfp_layout(KernelVersion{6, 1})), "5.18 to 6.2");
}

TEST(GfpFlags, that_nobody_knows_are_wrong) {
  const std::string alloc = "a-1 [0] 1.5: mm_page_alloc: page=1 pfn=2 order=0 migratetype=0";
  EXPECT_EQ(error_of(TraceForm::events, alloc + " gfp_flags=GFP_KERNEL|__GFP_FOO"),
            "t:7:74: unknown GFP flag '__GFP_FOO'; names that the kernel prints, as in "
            "GFP_KERNEL|__GFP_ZERO, or a number");
  EXPECT_EQ(error_of(TraceForm::events, alloc + " gfp_flags=0x200"),
            "t:7:74: gfp_flags 0x200 has a bit that is no flag of kernels 6.9 and later; say of "
            "which kernel the recording is: kernel = \"6.12\", or --kernel 6.12");
  EXPECT_EQ(error_of(TraceForm::events, alloc).find("t:7:28: the event has no gfp_flags"), 0U);
}

// The head of perf script --header, and what /proc/version has.
TEST(GfpFlags, are_read_as_those_of_the_kernel_that_the_head_names) {
  const std::string alloc =
      "a-1 [0] 1.5: mm_page_alloc: page=1 pfn=2 order=0 migratetype=1 gfp_flags=0x6200ca";
  for (const char* head :
       {"# os release : 4.19.0-27-amd64", "# Linux version 4.19.304 (builder)"}) {
    EventParser parser{{}};
    ASSERT_TRUE(parser.parse(TraceForm::events, head, {"t", 2, 0}));
    EXPECT_EQ(parse(TraceForm::events, alloc, parser)->gfp_flags, "GFP_HIGHUSER_MOVABLE");
    EXPECT_EQ(parser.notes().kernel_source, "line 2");
  }
  EventParser said{KernelVersion{4, 19}};
  ASSERT_TRUE(said.parse(TraceForm::events, "# os release : 6.1.0", {"t", 2, 0}));
  EXPECT_EQ(parse(TraceForm::events, alloc, said)->gfp_flags, "GFP_HIGHUSER_MOVABLE");
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
  ASSERT_TRUE(convert_trace(sample(), path, false));
  EXPECT_EQ(convert_trace(sample(), path, false).error().kind, record::WriteError::kTargetExists);
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
  ASSERT_TRUE(record::write_file(*std::move(table).content("bad"), path, true));
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

std::string problem_of(const std::string& content) {
  const TraceFile file(content);
  const auto errors = check_trace(file.path(), {});
  EXPECT_EQ(errors.size(), 1U);
  return errors.empty() ? "" : errors.front().problem + "; " + errors.front().remedy;
}

TEST(Trace, that_is_no_text_is_refused_with_the_command_that_makes_text_of_it) {
  using namespace std::string_literals;
  EXPECT_NE(problem_of("\x17\x08\x44tracing6\0\0\x08"s).find("trace-cmd report -i /"),
            std::string::npos);
  EXPECT_NE(problem_of("PERFILE2h\0\0\0"s).find("perf script -i /"), std::string::npos);
  EXPECT_NE(problem_of("a\0b"s).find("is no text"), std::string::npos);
  EXPECT_NE(problem_of(std::string(100'000, 'x')).find("more than 65536"), std::string::npos);
}

TEST(Trace, of_batched_frees_alone_is_refused) {
  EXPECT_NE(problem_of("a-1 [0] 1.5: mm_page_free_batched: page=1 pfn=0x2 order=0\n"
                       "a-1 [0] 1.6: mm_page_alloc: page=1 pfn=2 order=0 migratetype=0 "
                       "gfp_flags=GFP_KERNEL\n")
                .find("mm_page_free_batched without mm_page_free"),
            std::string::npos);
}

// One page of 8 stays; the last line is cut in the name of a flag.
TEST(Trace, is_surveyed_with_what_it_lacks) {
  const TraceFile file(
      "version = 6\r\ncpus=2\r\nCPU:1 [LOST 3 EVENTS]\r\n"
      "a-1 [0] 1.5: mm_page_alloc: page=1 pfn=8 order=3 migratetype=0 gfp_flags=0xcc0\r\n"
      "a-1 [0] 1.6: mm_page_free: page=1 pfn=8 order=2\r\n"
      "a-1 [0] 1.6: mm_page_free: page=1 pfn=12 order=1\r\n"
      "a-1 [0] 1.7: mm_page_free: page=1 pfn=14 order=0\r\n"
      "a-1 [0] 1.8: mm_page_free: page=1 pfn=99 order=0\r\n"
      "a-1 [0] 1.9: mm_page_alloc: page=1 pfn=15 order=0 migratetype=0 gfp_flags=GFP_KERNEL\r\n"
      "a-1 [0] 2.1: mm_page_alloc: page=1 pfn=16 order=0 migratetype=0 gfp_flags=GFP_KER");
  const auto s = survey_trace(file.path(), {});
  ASSERT_TRUE(s) << s.error().front().text();
  EXPECT_EQ(
      survey_text(*s),
      "2 allocations, 4 frees in 0.400000 s; 1 page held at the end, 8 at most\n"
      "  1 free of a frame that was not allocated before in the recording\n"
      "  1 allocation of a frame that was still held: its free is missing\n"
      "  3 events were lost by the recorder\n"
      "  1 allocation with gfp_flags as a number, read as of kernels 6.9 and later (nobody says "
      "which: the newest)\n"
      "    1 would ask for something else under kernels 4.3 and before, 4.4 to 4.9, 4.10 to "
      "4.17, 4.18 to 5.0: --kernel says which it was\n"
      "  the last line is cut short: left out\n");
}

TEST(Trace, tells_what_it_passed_over_and_what_was_lost) {
  const TraceFile file(
      "CPU:1 [LOST 3 EVENTS]\n"
      "a-1 [0] 0.001: mm_page_alloc: page=1 pfn=8 order=0 migratetype=0 gfp_flags=0x6000c0\n"
      "a-1 [0] 0.002: mm_page_free: page=1 pfn=8 order=0\n"
      "a-1 [0] 0.002: mm_page_free_batched: page=1 pfn=8 order=0\n");
  TestBed bed;
  const Workload& w =
      bed.start("trace", {{"file", TestBed::text(file.path())}, {"kernel", TestBed::text("4.19")}});
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "operations"), 2);
  EXPECT_EQ(figure(w, "held_pages"), 0);
  EXPECT_EQ(figure(w, "lost_when_recorded"), 3);
  EXPECT_EQ(figure(w, "events_passed_over"), 1);
}

}  // namespace
}  // namespace mhp::workloads::trace_test
