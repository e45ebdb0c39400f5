// Recorded sessions of real kernels, replayed on the model. What must agree is exact; nothing is
// re-synchronised.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "analysis/validation/captures/known_misses.hpp"
#include "analysis/validation/captures/replay.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::validation::captures_test {
namespace {

const std::filesystem::path kRoot = MHP_SOURCE_DIR;

Capture load(const std::string& name) {
  auto capture =
      load_capture((kRoot / "analysis/validation/captures/recordings" / (name + ".json")).string());
  EXPECT_TRUE(capture.has_value());
  return std::move(*capture);
}

/// The profile by which recordings of a kernel are replayed.
kernel::KernelProfile profile(const std::string& series) {
  auto p = config::load_nearest_kernel_profile(series, (kRoot / "configs/kernels").string());
  EXPECT_TRUE(p.has_value()) << (p ? "" : p.error().front().text());
  return *p;
}

/// Captures that ship, by name.
std::vector<std::string> shipped() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(kRoot / "analysis/validation/captures/recordings"))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

const std::map<std::string, KnownMiss>& known_misses() {
  static const auto known =
      load_known_misses((kRoot / "analysis/validation/captures/recordings").string());
  EXPECT_TRUE(known.has_value());
  return *known;
}

class RealKernel : public ::testing::TestWithParam<std::string> {};

// Those that miss are named with their reason, so that one more or one less is seen.
TEST_P(RealKernel, is_reproduced_at_every_step_or_known_to_miss) {
  const Capture capture = load(GetParam());
  const CaptureReport report = replay(capture, profile(capture.series()));
  EXPECT_GT(report.exact.checks, 20) << "nothing was compared";
  ASSERT_FALSE(report.fault.has_value()) << report.fault->what;
  if (const auto known = known_misses().find(GetParam()); known != known_misses().end()) {
    EXPECT_STREQ(word_of(report.verdict()), word_of(known->second.verdict));
    EXPECT_FALSE(known->second.reason.empty());
    return;
  }
  for (const Mismatch& m : report.mismatches)
    ADD_FAILURE() << "step " << m.step << " (" << m.label << "): " << m.quantity << ": kernel "
                  << m.expected << ", model " << m.got;
  for (const Fault& g : report.gaps)
    ADD_FAILURE() << "step " << g.step << " (" << g.label << "): " << g.what;
  EXPECT_EQ(report.exact.passed, report.exact.checks);
  EXPECT_EQ(report.noise.passed, report.noise.checks);
}

// A recording that was cut short at a snapshot, or taken away, would be as exact as before.
TEST(contents, name_every_capture_with_its_steps) {
  const auto contents = load_contents((kRoot / "analysis/validation/captures/recordings").string());
  ASSERT_TRUE(contents.has_value());
  std::map<std::string, std::int64_t> found;
  for (const std::string& name : shipped())
    found[name] = static_cast<std::int64_t>(load(name).steps.size());
  EXPECT_EQ(*contents, found);
}

TEST(known_misses, name_only_captures_that_ship) {
  const auto names = shipped();
  for (const auto& [name, miss] : known_misses())
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
}

INSTANTIATE_TEST_SUITE_P(captures, RealKernel, ::testing::ValuesIn(shipped()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(replay, the_four_lifecycles_are_replayed_to_their_end) {
  for (const char* name : {"a-612-16G-mom0-movable", "a-612-64G-mom1-movable",
                           "c-612-n1-16G-mom1-kernel", "c-612-4nodes-cpus-mom0"}) {
    const CaptureReport report = replay(load(name), profile("6.12"));
    EXPECT_GT(report.exact.checks, 1000) << name;
    EXPECT_TRUE(report.gaps.empty()) << name;
  }
}

// The checks can fail: another placement than the recorded kernel's is found out at the first add.
TEST(replay, a_wrong_placement_is_noticed) {
  Capture capture = load("a-612-16G-mom0-movable");
  capture.memmap_on_memory = kernel::MemmapOnMemory::on;
  const CaptureReport report = replay(capture, profile("6.12"));
  EXPECT_FALSE(report.all_passed());
  const bool memmap =
      std::any_of(report.mismatches.begin(), report.mismatches.end(), [](const Mismatch& m) {
        return m.quantity == "alloc/memmap/order9" && m.expected == "128" && m.got == "0";
      });
  EXPECT_TRUE(memmap);
}

TEST(replay, a_wrong_kernel_rule_is_noticed) {
  auto other = profile("6.12");
  other.watermarks_exclude_movable = false;
  EXPECT_FALSE(replay(load("a-612-16G-mom0-movable"), other).all_passed());
}

// Each rule in which kernels differ decides something in the allocator sequences.
struct OtherRule {
  const char* name;
  const char* capture;
  void (*change)(kernel::KernelProfile&);
};
void PrintTo(const OtherRule& r, std::ostream* out) { *out << r.name; }

const OtherRule kOtherRules[] = {
    {"pcp_high", "p-612-batches-512M-mom0",
     [](kernel::KernelProfile& p) { p.pcp_high = kernel::PcpHigh::fixed; }},
    {"fallback", "p-612-steal-256M-mom0",
     [](kernel::KernelProfile& p) { p.fallback = kernel::Fallback::largest_block; }},
    {"free_lists_follow_pageblocks", "p-612-steal-384M-mom0",
     [](kernel::KernelProfile& p) { p.free_lists_follow_pageblocks = false; }},
    {"mmu_gather", "p-61-batches-512M-mom0",
     [](kernel::KernelProfile& p) { p.mmu_gather = kernel::GatherOrder::folio_batches; }},
    {"hugetlb_pool_in_batches", "p-612-huge-1G-mom1",
     [](kernel::KernelProfile& p) { p.hugetlb_pool_in_batches = false; }},
};

class WrongRule : public ::testing::TestWithParam<OtherRule> {};

TEST_P(WrongRule, is_noticed_in_an_allocator_sequence) {
  const Capture capture = load(GetParam().capture);
  auto other = profile(capture.series());
  GetParam().change(other);
  EXPECT_FALSE(replay(capture, other).all_passed());
}

INSTANTIATE_TEST_SUITE_P(each_rule, WrongRule, ::testing::ValuesIn(kOtherRules),
                         [](const auto& test) { return test.param.name; });

// What the replay is told is the number and the order of page tables; it does not count.
TEST(allocator_sequence, page_tables_of_the_recording_are_told_and_not_scored) {
  const CaptureReport report = replay(load("p-612-fallback-384M-mom0"), profile("6.12"));
  EXPECT_TRUE(report.all_passed());
  EXPECT_EQ(report.inputs.at("order in which page tables are freed"), 2003 + 2607);
  Capture none = load("p-612-random-512M-mom0");
  EXPECT_FALSE(replay(none, profile("6.12")).inputs.contains("page tables above the last level"));
}

/// One recorded figure changed: the replay must say so.
struct Forgery {
  const char* name;
  const char* capture;
  void (*forge)(Capture&);
  const char* quantity;  ///< of a mismatch that must appear
};
void PrintTo(const Forgery& f, std::ostream* out) { *out << f.name; }

nlohmann::json& last_snapshot(Capture& capture) {
  for (auto step = capture.steps.rbegin(); step != capture.steps.rend(); ++step)
    if (step->recorded.contains("snapshot")) return step->recorded.at("snapshot");
  throw std::logic_error("no snapshot");
}
nlohmann::json& record_of(Capture& capture, const char* op, const char* key) {
  for (auto& step : capture.steps)
    if (step.op == op && step.recorded.contains(key)) return step.recorded;
  throw std::logic_error("no such step");
}

const Forgery kForgeries[] = {
    {"spanned", "j-612-holes-mom0",
     [](Capture& c) {
       for (auto& step : c.steps)
         if (step.recorded.contains("snapshot"))
           for (auto& z : step.recorded["snapshot"]["zones"])
             if (z["zone"] == "Movable" && z["spanned"].get<int>() > z["present"].get<int>())
               z["spanned"] = z["spanned"].get<int>() - 512;
     },
     "zone/0/Movable/spanned"},
    {"node_total", "c-612-n1-16G-mom1-kernel",
     [](Capture& c) { last_snapshot(c).at("nodes").at("0").at("meminfo_kB")["MemTotal"] = 4; },
     "node/0/MemTotal"},
    {"distance", "c-612-4nodes-cpus-mom0",
     [](Capture& c) { last_snapshot(c).at("nodes").at("1").at("distance")[0] = 99; },
     "node/1/distance"},
    {"huge_pages", "f-612-huge2M-16G-mom1-kernel",
     [](Capture& c) { last_snapshot(c).at("nodes").at("1")["hugepages-2048kB"] = 1; },
     "node/1/hugepages-2048kB"},
    {"pageblock_types", "c-612-n1-seq4x8G-mom0-kernel",
     [](Capture& c) {
       for (auto& b : last_snapshot(c).at("pagetype").at("blocks"))
         if (b.at("zone") == "Normal") b["Unmovable"] = 192;
     },
     "pagetype/1/Normal/Unmovable"},
    {"fallback_order", "c-612-4nodes-cpus-mom0",
     [](Capture& c) {
       for (auto& line : record_of(c, "online", "console").at("console"))
         if (line.get<std::string>().find("Fallback order for Node 3") != std::string::npos)
           line = "[ 1.0] Fallback order for Node 3: 0 1 ";
     },
     "zonelists"},
    {"rebuilds", "a-612-1G-mom0-kernel",
     [](Capture& c) { record_of(c, "online", "console")["console"] = nlohmann::json::array(); },
     "zonelists/lines"},
    {"failed_add", "d-612-low512M-64G-mom0",
     [](Capture& c) { record_of(c, "add", "console")["console"] = nlohmann::json::array(); },
     "op/result"},
    {"donor", "c-612-4nodes-cpus-mom0",
     [](Capture& c) {
       for (auto& step : c.steps)
         if (step.op == "snap" && step.args[0] == "added0")
           for (auto& z : step.recorded.at("snapshot").at("zones"))
             if (z.at("zone") == "DMA32" && z.at("node") == 0)
               z["free"] = z.at("free").get<int>() - 1000;
     },
     "zone/0/DMA32/memmap_donated"},
    {"slab", "a-612-16G-mom0-kernel",
     [](Capture& c) {
       for (auto& step : c.steps)
         if (step.recorded.contains("page_allocs")) {
           auto& traced = step.recorded["page_allocs"];
           traced["hotplug_pages"] =
               traced["hotplug_pages"].get<int>() - traced["slab_pages"].get<int>() + 400;
           traced["slab_pages"] = 400;
         }
     },
     "alloc/slab"},
    {"page_frame", "p-612-most-2G-mom0",
     [](Capture& c) {
       auto& step = record_of(c, "rtouch", "pfns");
       step["pfns"] = "1048577" + step["pfns"].get<std::string>().substr(7);
     },
     "pfns"},
    {"page_event", "p-61-random-512M-mom0",
     [](Capture& c) {
       auto& log = record_of(c, "troff", "trace");
       const std::string run = log["trace"][0];
       const auto count = run.find(':');
       const int events = count == run.npos ? 1 : std::stoi(run.substr(count + 1));
       log["trace"].erase(0);
       log["result"]["events"] = log["result"]["events"].get<int>() - events;
     },
     "trace"},
    {"per_cpu_high", "p-612-batches-512M-mom0",
     [](Capture& c) {
       c.steps.back().recorded["bsnapshot"]["zones"][0]["cpus"][1]["high"] = 11075;
     },
     "zone/1/Movable/cpu1/high"},
    {"free_list", "p-61-steal-384M-mom0",
     [](Capture& c) {
       c.steps.back().recorded["bsnapshot"]["pagetype"]["free"][0]["nr_free"][0] = 99;
     },
     "pagetype/1/Normal/Unmovable/0"},
    {"block_size", "h-612-boot64G-16G-mom0-movable",
     [](Capture& c) { c.steps[*c.boot_step()].recorded["snapshot"]["block_size_hex"] = "8000000"; },
     "block_size"},
};

class ForgedCapture : public ::testing::TestWithParam<Forgery> {};

TEST_P(ForgedCapture, is_noticed) {
  Capture capture = load(GetParam().capture);
  GetParam().forge(capture);
  const CaptureReport report = replay(capture, profile(capture.series()));
  const bool found =
      std::any_of(report.mismatches.begin(), report.mismatches.end(),
                  [](const Mismatch& m) { return m.quantity == GetParam().quantity; });
  EXPECT_TRUE(found) << GetParam().quantity;
}

INSTANTIATE_TEST_SUITE_P(each_quantity, ForgedCapture, ::testing::ValuesIn(kForgeries),
                         [](const auto& test) { return test.param.name; });

nlohmann::json& offline_record(Capture& capture) {
  for (auto& step : capture.steps)
    if (step.op == "online" && step.args[1] == "offline") return step.recorded;
  throw std::logic_error("no block goes offline");
}

// Whether a block with the kernel's own pages goes offline hangs on where they fell: the log of the
// recording must show one.
TEST(replay, a_refusal_needs_a_reason_in_the_kernel_log) {
  Capture capture = load("a-612-1G-mom0-kernel");
  const CaptureReport before = replay(capture, profile("6.12"));
  ASSERT_EQ(before.verdict(), Verdict::exact);
  ASSERT_EQ(before.chance.checks, 3) << "one write, and a removal that tries what stays twice";
  for (const ChanceOutcome& c : before.chances) EXPECT_FALSE(c.reason.empty());
  EXPECT_GT(before.inputs.at("block that a page of the kernel keeps online"), 0);

  offline_record(capture)["console"] = nlohmann::json::array();
  EXPECT_EQ(replay(capture, profile("6.12")).verdict(), Verdict::missed);
}

// One pinned block does not excuse the others of the step.
TEST(replay, blocks_beside_a_pinned_one_must_go_as_recorded) {
  Capture capture = load("a-612-1G-mom0-kernel");
  auto& result = offline_record(capture)["result"];
  ASSERT_EQ(result["failed"], 1);
  result["failed"] = 2;
  result["ok"] = 6;
  EXPECT_EQ(replay(capture, profile("6.12")).verdict(), Verdict::missed);
}

TEST(replay, the_error_number_of_a_refusal_is_compared) {
  Capture capture = load("j-612-holes-mom0");
  for (auto& step : capture.steps)
    if (step.op == "online" && step.recorded["result"]["failed"] == 2)
      step.recorded["result"]["errno"] = step.recorded["result"]["first_errno"] = 16;
  const CaptureReport report = replay(capture, profile("6.12"));
  ASSERT_EQ(report.mismatches.size(), 2);
  EXPECT_EQ(report.mismatches.front().quantity, "op/first_errno");
}

// Small deviations, each within its bound, may not add up.
TEST(replay, noise_may_not_drift) {
  Capture capture = load("a-612-16G-mom0-movable");
  std::int64_t more = 0;
  for (auto& step : capture.steps) {
    if (!step.recorded.contains("snapshot")) continue;
    for (auto& z : step.recorded["snapshot"]["zones"])
      if (z["zone"] == "DMA32") z["free"] = z["free"].get<std::int64_t>() + more;
    more += 400;
  }
  const CaptureReport report = replay(capture, profile("6.12"));
  EXPECT_EQ(report.verdict(), Verdict::missed);
  const auto& misses = report.mismatches;
  const auto of = [&](const std::string& quantity) {
    return std::count_if(misses.begin(), misses.end(),
                         [&](const Mismatch& m) { return m.quantity == quantity; });
  };
  EXPECT_EQ(of("zone/0/DMA32/free"), 0);
  EXPECT_GT(of("zone/0/DMA32/free/drift"), 0);
}

TEST(replay, what_it_does_not_know_makes_a_capture_partly_verified) {
  Capture capture = load("a-612-1G-mom1-movable");
  for (auto& step : capture.steps)
    if (step.op == "alloc") step.op = "mlock";
  const CaptureReport report = replay(capture, profile("6.12"));
  EXPECT_EQ(report.verdict(), Verdict::partly);
  ASSERT_EQ(report.gaps.size(), 1);
  EXPECT_NE(report.gaps.front().what.find("mlock"), std::string::npos);
}

TEST(replay, a_capture_that_ends_between_snapshots_is_partly_verified) {
  Capture capture = load("a-612-1G-mom1-movable");
  capture.steps.pop_back();
  EXPECT_EQ(replay(capture, profile("6.12")).verdict(), Verdict::partly);
}

// A request that nobody answered; the model has an answer.
TEST(replay, a_removal_without_an_event_is_read) {
  Capture capture = load("a-612-1G-mom1-movable");
  for (auto& step : capture.steps)
    if (step.op == "del") step.recorded["event"] = nullptr;
  const CaptureReport report = replay(capture, profile("6.12"));
  ASSERT_FALSE(report.fault.has_value());
  ASSERT_EQ(report.verdict(), Verdict::missed);
  EXPECT_EQ(report.mismatches.front().expected, "none");
}

TEST(replay, numbers_that_the_kernel_stopped_counting_are_read) {
  Capture capture = load("p-612-random-512M-mom0");
  auto& free = capture.steps.back().recorded["bsnapshot"]["pagetype"]["free"];
  free[0]["nr_free"][0] = ">100000";
  const CaptureReport report = replay(capture, profile("6.12"));
  ASSERT_FALSE(report.fault.has_value());
  ASSERT_EQ(report.mismatches.size(), 1);
  EXPECT_EQ(report.mismatches.front().expected, ">100000");
}

TEST(load_capture, a_file_that_is_no_capture_is_refused_with_its_name) {
  const ScratchFolder folder;
  const std::string path = folder.path("not-a-capture.json");
  std::ofstream(path) << "{\"steps\": 3";
  const auto capture = load_capture(path);
  ASSERT_FALSE(capture.has_value());
  EXPECT_EQ(capture.error().front().where.file, path);
  EXPECT_FALSE(load_capture("/nonexistent.json").has_value());
}

}  // namespace
}  // namespace mhp::validation::captures_test
