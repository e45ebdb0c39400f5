// Scenarios that ship load; scenarios that are wrong are refused with every error at once, each
// with its place.
#include "sim/config/scenario.hpp"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "sim/config/kernel_config.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::config::scenario_test {
namespace {

namespace fs = std::filesystem;

const std::string kScenarios = MHP_SOURCE_DIR "/configs/scenarios/";

/// A copy of a shipped scenario with one line changed.
class Edited {
 public:
  Edited(const std::string& scenario, const std::string& from, const std::string& to) {
    std::ifstream in(kScenarios + scenario);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    for (std::size_t at; (at = text.find("\"../")) != std::string::npos;)
      text.replace(at, 4, "\"" MHP_SOURCE_DIR "/configs/");
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    std::ofstream(path()) << text;
  }
  std::string path() const { return folder_.path("edited.toml"); }

 private:
  ScratchFolder folder_;
};

/// The diagnostics as lines without the folder of the file.
std::vector<std::string> lines(const Result<Scenario>& result, const std::string& path) {
  std::vector<std::string> out;
  if (result) return out;
  for (const Diagnostic& d : result.error()) {
    std::string text = d.text();
    if (const auto at = text.find(path); !path.empty() && at != std::string::npos)
      text.replace(at, path.size(), "FILE");
    out.push_back(text);
  }
  return out;
}

// A pipe can be read once only.
// Read a second time, it might be another text.
TEST(load_scenario, the_text_that_is_kept_is_the_one_that_was_read) {
  const Edited scenario("small-guest.toml", "[", "[");
  std::ifstream in(scenario.path());
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(::inotify_add_watch(watch, scenario.path().c_str(), IN_OPEN), 0);
  const auto s = load_scenario(scenario.path(), {});
  std::array<inotify_event, 8> events{};
  EXPECT_EQ(::read(watch, events.data(), sizeof events),
            static_cast<ssize_t>(sizeof(inotify_event)))
      << "opened once";
  ::close(watch);
  ASSERT_TRUE(s.has_value()) << s.error().front().text();
  EXPECT_EQ(s->source_text, text);
}

TEST(load_scenario, what_is_no_regular_file_is_refused_at_once) {
  const ScratchFolder folder;
  const std::string pipe = folder.path("pipe.toml");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(lines(load_scenario(pipe, {}), pipe),
            (std::vector<std::string>{"FILE: is not a regular file"}));
  const auto costs = load_scenario(kScenarios + "small-guest.toml", {"costs=" + pipe});
  ASSERT_FALSE(costs);
  EXPECT_NE(costs.error().front().text().find("is not a regular file"), std::string::npos);
}

TEST(load_scenario, those_that_ship_load_and_record_every_parameter_with_its_source) {
  for (const auto& file : fs::directory_iterator(kScenarios)) {
    const std::string name = file.path().filename();
    const auto s = load_scenario(kScenarios + name, {});
    ASSERT_TRUE(s.has_value()) << s.error().front().text();
    EXPECT_TRUE(s->run.name.size() > 0 && !s->hotplug.empty());
    for (const ParamValue& p : s->used)
      if (p.name.starts_with("costs.") && !p.is_default && p.name != "costs.name") {
        EXPECT_NE(p.source, "") << p.name;
      }
  }
}

TEST(load_scenario, an_override_reaches_into_a_referenced_file) {
  const auto s = load_scenario(
      kScenarios + "quickstart.toml",
      {"machine.node.1.memory=512GiB", "hotplug.0.size=2TiB", "hotplug.1.device.training=5min"});
  ASSERT_TRUE(s.has_value()) << s.error().front().text();
  EXPECT_EQ(s->machine.nodes[1].memory, Bytes{512 * kGiB});
  EXPECT_EQ(s->hotplug[0].params.size, Bytes{2 * kTiB});
  EXPECT_EQ(s->hotplug[1].stages(Bytes{kGiB})[2].duration, SimTime{300 * kSecond.value});
}

TEST(load_scenario, an_unknown_key_names_its_place_and_the_nearest_key) {
  const Edited e("small-guest.toml", "size = \"15GiB\"", "sizes = \"15GiB\"");
  const auto got = lines(load_scenario(e.path(), {}), e.path());
  ASSERT_EQ(got.size(), 1u);
  EXPECT_TRUE(got[0].starts_with("FILE:") && got[0].find("sizes") != std::string::npos &&
              got[0].find("did you mean size") != std::string::npos)
      << got[0];
}

TEST(load_scenario, all_errors_come_at_once) {
  const Edited e("small-guest.toml", "every = \"1s\"\n",
                 "every = \"1 fortnight\"\nonlin = 3\ncpu_nod = 4\n");
  EXPECT_GE(lines(load_scenario(e.path(), {}), e.path()).size(), 3u);
}

TEST(load_scenario, a_size_that_is_no_whole_number_of_blocks_is_refused) {
  EXPECT_TRUE(
      load_scenario(kScenarios + "small-guest.toml", {"hotplug.0.size=128MiB"}).has_value());
  const auto got =
      lines(load_scenario(kScenarios + "small-guest.toml", {"hotplug.0.size=129MiB"}), "");
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0],
            "--set:1: 129 MiB is not a whole number of memory blocks; a block of this machine is "
            "128 MiB");
}

// All nodes' boot memory together: 2 x 256 GiB.
TEST(load_scenario, a_growth_factor_is_a_multiple_of_boot_memory) {
  const auto s =
      load_scenario(kScenarios + "growth.toml",
                    {"machine=" MHP_SOURCE_DIR "/configs/machines/two-socket-server.toml",
                     "hotplug.0.growth_factor=3"});
  ASSERT_TRUE(s) << s.error().front().text();
  EXPECT_EQ(s->hotplug[0].params.size, Bytes{3 * 512 * kGiB});
  const auto both = load_scenario(kScenarios + "growth.toml", {"hotplug.0.size=1GiB"});
  EXPECT_EQ(lines(both, ""),
            (std::vector<std::string>{"--set:1: the devices have both 'size' and 'growth_factor'; "
                                      "keep one of them"}));
  const auto none = load_scenario(kScenarios + "growth.toml", {"hotplug.0.growth_factor=0"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().front().text().find("the devices have no size"), std::string::npos);
}

TEST(load_scenario, what_a_driver_cannot_do_is_refused) {
  const auto error = [](const std::vector<std::string>& settings) {
    const auto got = lines(load_scenario(kScenarios + "small-guest.toml", settings), "");
    return got.size() == 1 ? got[0] : fmt::format("{} errors", got.size());
  };
  EXPECT_EQ(error({"hotplug.0.adder=lmb", "hotplug.0.online=offline"}),
            "--set:2: lmb brings its memory online; choose another 'online' or another 'adder'");
  EXPECT_EQ(error({"hotplug.0.adder=virtio_mem", "hotplug.0.online=offline"}),
            "--set:2: virtio_mem stops adding when 1 GiB wait to go online; choose another "
            "'online', or at most 1 GiB");
  EXPECT_EQ(error({"hotplug.0.adder=dax_kmem", "hotplug.0.size=100MiB"}),
            "--set:2: 100 MiB holds no whole memory block; a block of this machine is 128 MiB");
}

TEST(load_scenario, a_node_that_does_not_exist_is_refused) {
  EXPECT_TRUE(load_scenario(kScenarios + "quickstart.toml", {"hotplug.0.node=1"}).has_value());
  EXPECT_FALSE(load_scenario(kScenarios + "quickstart.toml", {"hotplug.0.node=2"}).has_value());
  EXPECT_FALSE(load_scenario(kScenarios + "quickstart.toml", {"hotplug.0.node=-1"}).has_value());
}

TEST(load_scenario, placements_that_the_program_does_not_have_are_refused_by_name) {
  const auto got = lines(
      load_scenario(kScenarios + "quickstart.toml", {"kernel.memmap_placement=boot_memry"}), "");
  ASSERT_EQ(got.size(), 1u);
  EXPECT_NE(got[0].find("boot_memory"), std::string::npos) << got[0];
  EXPECT_FALSE(
      load_scenario(kScenarios + "quickstart.toml", {"kernel.memmap_placement=attic"}).has_value());
}

// A word stands for an amount where the parameter has one, and is offered.
TEST(load_scenario, memory_blocks_may_be_as_large_as_the_devices) {
  const auto load = [](const char* size) {
    return load_scenario(kScenarios + "quickstart.toml",
                         {std::string("kernel.memory_block_size=") + size});
  };
  ASSERT_TRUE(load("device").has_value());
  EXPECT_EQ(kernel_config(*load("device")).memory_block_size, Bytes{64 * kGiB});
  const auto got = lines(load("devise"), "");
  ASSERT_EQ(got.size(), 1u);
  EXPECT_NE(got[0].find("or device"), std::string::npos) << got[0];
}

TEST(load_scenario, memory_blocks_are_powers_of_two_from_128_MiB_to_64_GiB) {
  const auto loads = [](const char* size) {
    return load_scenario(kScenarios + "quickstart.toml",
                         {std::string("kernel.memory_block_size=") + size})
        .has_value();
  };
  EXPECT_TRUE(loads("128MiB"));
  EXPECT_TRUE(loads("64GiB"));
  EXPECT_FALSE(loads("64MiB"));
  EXPECT_FALSE(loads("128GiB"));
  EXPECT_FALSE(loads("3GiB"));
}

TEST(load_scenario, a_missing_file_is_one_error_with_its_name) {
  const auto s = load_scenario("/nonexistent/x.toml", {});
  ASSERT_FALSE(s.has_value());
  EXPECT_EQ(s.error().size(), 1u);
  EXPECT_EQ(s.error().front().where.file, "/nonexistent/x.toml");
}

TEST(load_scenario, the_resolved_text_is_a_scenario_of_its_own) {
  const auto first = load_scenario(kScenarios + "quickstart.toml", {"hotplug.0.size=2TiB"});
  ASSERT_TRUE(first.has_value());
  const ScratchFolder folder;
  const std::string copy = folder.path("resolved.toml");
  std::ofstream(copy) << first->resolved_text;
  const auto second = load_scenario(copy, {});
  ASSERT_TRUE(second.has_value()) << second.error().front().text();
  EXPECT_EQ(second->resolved_text, first->resolved_text);
  EXPECT_EQ(second->used.size(), first->used.size());
}

TEST(load_scenario, several_workloads_have_names_of_their_own) {
  const Edited two("replay.toml", "[workload]\nkind = \"trace\"\n",
                   "[[workload]]\nkind = \"idle\"\n[[workload]]\nkind = \"trace\"\n");
  const auto s = load_scenario(two.path(), {});
  ASSERT_TRUE(s.has_value()) << s.error().front().text();
  ASSERT_EQ(s->workloads.size(), 2U);
  EXPECT_EQ(s->workloads[0].prefix, "idle");
  EXPECT_EQ(s->workloads[1].prefix, "trace");
  const auto one = load_scenario(kScenarios + "replay.toml", {});
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->workloads.front().name, "trace");
  EXPECT_EQ(one->workloads.front().prefix, "workload");
  const auto named = load_scenario(kScenarios + "replay.toml", {"workload.name=events"});
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->workloads.front().prefix, "events");
}

constexpr const char* kTwoCgroups =
    R"(cgroup=[{name="web", memory_max="1GiB", memory_low="64MiB"}, {name="batch"}])";

TEST(load_scenario, workloads_join_cgroups) {
  const auto s =
      load_scenario(kScenarios + "small-guest.toml",
                    {kTwoCgroups, R"(workload={kind="script", cgroup="web", steps=["read 1MiB"]})",
                     "cgroup.1.memory_max=2GiB", "cgroup.0.memory_max=max"});
  ASSERT_TRUE(s.has_value()) << s.error().front().text();
  ASSERT_EQ(s->cgroups.size(), 2U);
  EXPECT_EQ(s->cgroups[0].name, "web");
  EXPECT_EQ(s->cgroups[0].memory_max, Bytes{0}) << "none";
  EXPECT_EQ(s->cgroups[0].memory_low, Bytes{64 * kMiB});
  EXPECT_EQ(s->cgroups[1].memory_max, Bytes{2 * kGiB});
  EXPECT_EQ(s->cgroups[1].memory_low, Bytes{0});
  EXPECT_EQ(s->workloads.front().cgroup, "web");
}

TEST(load_scenario, a_cgroup_that_there_is_not_is_refused_with_those_that_there_are) {
  const std::string small = kScenarios + "small-guest.toml";
  const std::string joins = R"(workload={kind="script", cgroup="wep", steps=["read 1MiB"]})";
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines(load_scenario(small, {kTwoCgroups, joins}), ""),
            (Lines{"--set:2: there is no cgroup 'wep'; there is: web, batch"}));
  EXPECT_EQ(
      lines(load_scenario(small, {joins}), ""),
      (Lines{"--set:1: there is no cgroup 'wep'; add a table [[cgroup]] with name = \"wep\""}));
  EXPECT_EQ(lines(load_scenario(small, {R"(cgroup=[{name="a"}, {name="a"}])"}), ""),
            (Lines{"--set:1: two cgroups are called 'a'; give one of them another 'name'"}));
  EXPECT_FALSE(load_scenario(small, {kTwoCgroups, R"(workload={kind="idle", cgroup="web"})"}))
      << "nothing of it would be charged";
}

TEST(load_scenario, workloads_with_one_name_are_refused) {
  const auto s =
      load_scenario(kScenarios + "replay.toml", {"workload=[{kind=\"idle\"}, {kind=\"idle\"}]"});
  ASSERT_EQ(lines(s, "").size(), 1U);
  EXPECT_EQ(lines(s, "").front(),
            "--set:1: two workloads are called 'idle'; give one of them another 'name'");
}

TEST(load_scenario, multi_generational_lru_is_turned_on_only_where_it_was_built) {
  const auto load = [](const std::string& profile, const std::string& setting) {
    return load_scenario(kScenarios + "quickstart.toml",
                         {"kernel.profile=" + profile, "kernel.lru_gen=" + setting});
  };
  for (const char* built : {"6.1", "6.12"}) EXPECT_TRUE(load(built, "on")) << built;
  EXPECT_TRUE(load("5.15", "off"));
  const auto refused = load("5.15", "on");
  ASSERT_EQ(lines(refused, "").size(), 1U);
  EXPECT_EQ(lines(refused, "").front(),
            "--set:2: the kernel was built without multi-generational LRU: it cannot be turned on; "
            "leave it out, or name a kernel that has it: 6.1 or later");
}

TEST(load_scenario, devices_on_demand_need_an_end_and_room_between_the_thresholds) {
  const auto endless = load_scenario(kScenarios + "on-demand.toml", {"until=0s"});
  EXPECT_EQ(lines(endless, "").size(), 1U);
  const auto restless = load_scenario(kScenarios + "on-demand.toml", {"hotplug.0.free_above=2GiB"});
  ASSERT_EQ(lines(restless, "").size(), 1U);
  EXPECT_EQ(lines(restless, "").front(),
            "--set:1: what is added would be taken away at once; more than free_below and the "
            "size of a device, 3 GiB");
}

}  // namespace
}  // namespace mhp::config::scenario_test
