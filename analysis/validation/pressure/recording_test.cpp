// What a recording holds, and that nothing that a file may hold instead brings the program down.
#include "analysis/validation/pressure/recording.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

namespace mhp::pressure::recording_test {
namespace {

using nlohmann::json;

const std::string kFolder = MHP_SOURCE_DIR "/analysis/validation/pressure/recordings/";

json shipped(const std::string& name) {
  std::ifstream in(kFolder + name + ".json");
  return json::parse(in);
}

std::string problem(const json& changed) {
  const auto read = parse_recording(changed.dump(), "changed.json");
  return read ? "" : read.error().front().problem;
}

TEST(Recording, has_guest_script_and_every_run) {
  const auto r = load_recording(kFolder + "q-612-1G-anonswap-16G-mom0.json");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->series, "6.12");
  EXPECT_EQ(r->memory, Bytes{kGiB});
  EXPECT_EQ(r->cpus, 2);
  EXPECT_FALSE(r->memmap_on_memory);
  ASSERT_EQ(r->runs.size(), 3u);
  const Step& hold = r->script()[2];
  EXPECT_EQ(hold.op, Op::hold);
  EXPECT_EQ(hold.mib, 400);
  const Step& add = r->script()[6];
  EXPECT_EQ(add.op, Op::add);
  EXPECT_EQ(add.size, Bytes{16 * kGiB});
  EXPECT_FALSE(r->runs[0].add_failed(add));
  EXPECT_EQ(r->script()[7].pieces->order9, 128);
  EXPECT_EQ(r->script()[4].snapshot->swap, Bytes{8'388'604 * kKiB});
  EXPECT_EQ(r->runs[1].steps.back().kids[0].rss, 46'938);
}

TEST(Recording, tells_failed_additions_and_panics) {
  const auto r = load_recording(kFolder + "q-612-1G-cache-64G-mom0.json");
  ASSERT_TRUE(r);
  for (const auto& run : r->runs) EXPECT_TRUE(run.add_failed(r->script()[5]));
  EXPECT_FALSE(r->runs[0].panicked);
  EXPECT_TRUE(r->runs[1].panicked);
  EXPECT_LT(r->runs[1].steps.size(), r->script().size());
}

TEST(Recording, of_a_step_that_is_not_known_keeps_the_words) {
  json d = shipped("q-612-1G-cache-16G-mom1");
  d["steps"].push_back({{"op", {"balloon", 7}}, {"wall_s", 1}});
  const auto r = parse_recording(d.dump(), "d.json");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->script().back().op, Op::unknown);
  EXPECT_EQ(r->script().back().words, "balloon 7");
}

struct Change {
  const char* says;
  std::function<void(json&)> make;
};

TEST(Recording, that_is_wrong_is_refused_with_the_place) {
  const std::vector<Change> changes{
      {"name: it is no name of a file", [](json& d) { d["name"] = "../../etc/passwd"; }},
      {"there is no 'name'", [](json& d) { d.erase("name"); }},
      {"kernel: it is no kernel's series", [](json& d) { d["kernel"] = "six"; }},
      {"kernel: the kernel that ran says 6.12", [](json& d) { d["kernel"] = "6.1"; }},
      {"kernel_version: it is too long",
       [](json& d) { d["kernel_version"] = std::string(1'000'000, '6'); }},
      {"qemu_args: there is no -m",
       [](json& d) {
         d["qemu_args"] = {"-smp", "2"};
       }},
      {"qemu_args: -m 900000G is not",
       [](json& d) {
         d["qemu_args"] = {"-m", "900000G"};
       }},
      {"qemu_args: -smp -1 is no number",
       [](json& d) {
         d["qemu_args"] = {"-m", "1G", "-smp", "-1"};
       }},
      {"steps: the first is not the snapshot 'boot'", [](json& d) { d["steps"] = json::array(); }},
      {"steps: 7 is not a list", [](json& d) { d["steps"] = 7; }},
      {"steps: it has more than",
       [](json& d) {
         for (int i = 0; i < 2000; ++i) d["steps"].push_back({{"op", {"cat"}}});
       }},
      {"steps[0].op", [](json& d) { d["steps"][0]["op"] = json::array(); }},
      {"steps[0].qsnapshot.vmstat.nr_mlock: \"x\" is not a whole number",
       [](json& d) { d["steps"][0]["qsnapshot"]["vmstat"]["nr_mlock"] = "x"; }},
      {"steps[0].qsnapshot.zones: there are no zones",
       [](json& d) { d["steps"][0]["qsnapshot"]["zones"] = json::array(); }},
      {"steps[0].qsnapshot.zones[1].free: 1000000 is not",
       [](json& d) { d["steps"][0]["qsnapshot"]["zones"][1]["free"] = 1'000'000; }},
      {"steps[0].qsnapshot.zones[0].free: -1 is not",
       [](json& d) { d["steps"][0]["qsnapshot"]["zones"][0]["free"] = -1; }},
      {"steps[1].wall_s: it is no time", [](json& d) { d["steps"][1]["wall_s"] = -1.0; }},
      {"steps[1].wall_s: it is no time", [](json& d) { d["steps"][1]["wall_s"] = "long"; }},
      {"steps[2].op[1]: '1e9' is not a whole number",
       [](json& d) { d["steps"][2]["op"][1] = "file /d/f 0 1e9 r"; }},
      {"steps[2].op[1]: it has 2 words", [](json& d) { d["steps"][2]["op"][1] = "file /d/f"; }},
      {"steps[2].op[1]: a file is read", [](json& d) { d["steps"][2]["op"][1] = "file f 0 9 x"; }},
      {"steps[5].op[2]: 5 is not a multiple", [](json& d) { d["steps"][5]["op"][2] = 5; }},
      {"steps[6].page_allocs.hotplug[0].order: 99 is not",
       [](json& d) {
         d["steps"][6]["page_allocs"]["hotplug"] = {{{"order", 99}, {"count", 1}, {"by", ""}}};
       }},
      {"steps[7]: d0 is added twice", [](json& d) { d["steps"][7] = d["steps"][5]; }},
      {"steps[5]: no DIMM d1",
       [](json& d) {
         d["steps"][5] = {{"op", {"offline_watch", "d1"}}};
       }},
      {"steps[7]: there are two snapshots", [](json& d) { d["steps"][7]["op"][1] = "filled"; }},
      {"repeats[0].steps[2]: 'cmd file /d/f 0 7 r' is",
       [](json& d) {
         d["repeats"] = {{{"outcome", "completed"}, {"steps", d["steps"]}}};
         d["repeats"][0]["steps"][2]["op"][1] = "file /d/f 0 7 r";
       }},
      {"repeats[0].steps: 1 steps", [](json& d) {
         d["repeats"] = {{{"outcome", "completed"}, {"steps", {d["steps"][0]}}}};
       }}};
  for (const Change& c : changes) {
    json d = shipped("q-612-1G-cache-16G-mom1");
    c.make(d);
    const std::string said = problem(d);
    EXPECT_NE(said.find(c.says), std::string::npos) << c.says << "\n  but: " << said;
  }
}

TEST(Recording, that_is_no_JSON_or_another_is_refused) {
  for (const std::string text :
       {"", "{", "[]", "7", "{\"steps\": []}", "{\"qemu_args\": [], \"steps\": 1}", "\xff\xfe"})
    EXPECT_FALSE(parse_recording(text, "x.json")) << text;
  EXPECT_FALSE(parse_recording(std::string(100'000, '['), "x.json"));
  EXPECT_FALSE(load_recording(kFolder));
  EXPECT_FALSE(load_recording(kFolder + "none.json"));
}

// Every value of a recording in turn is replaced by one of another kind: it is read, or refused
// with a sentence, and nothing else happens.
TEST(Recording, with_any_value_replaced_is_read_or_refused) {
  json d = shipped("q-612-1G-anon-16G-mom0");
  d.erase("repeats");
  const std::string text = d.dump();
  const json flat = d.flatten();
  const std::vector<json> others{nullptr,
                                 -1,
                                 1e300,
                                 "",
                                 "\xc3\x28",
                                 json::object(),
                                 std::numeric_limits<std::uint64_t>::max()};
  std::size_t n = 0;
  std::size_t refused = 0;
  for (const auto& [path, value] : flat.items()) {
    if (++n % 5 != 0) continue;
    json changed = d;
    changed[json::json_pointer(path)] = others[n % others.size()];
    const auto read = parse_recording(changed.dump(-1, ' ', false, json::error_handler_t::replace),
                                      "changed.json");
    if (read) continue;
    ++refused;
    EXPECT_FALSE(read.error().front().problem.empty());
  }
  EXPECT_GT(refused, n / 20);
}

}  // namespace
}  // namespace mhp::pressure::recording_test
