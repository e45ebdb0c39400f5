// Values at the ends of what is allowed, and what is checked of several together.
#include "sim/config/bounds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "sim/config/scenario.hpp"

namespace mhp::config::bounds_test {
namespace {

const std::string kScenarios = MHP_SOURCE_DIR "/configs/scenarios/";

/// The first error of a shipped scenario with these settings; empty if there is none.
std::string error_of(const std::string& scenario, const std::vector<std::string>& settings) {
  const auto s = load_scenario(kScenarios + scenario, settings);
  return s ? "" : s.error().front().text();
}

// What has no upper bound is added up and multiplied until it overflows.
TEST(bounds, every_number_has_an_upper_one) {
  constexpr std::array kNumbers{"size", "time", "integer", "bandwidth", "cost", "pages"};
  int numbers = 0;
  for (const ParamInfo& p : describe_scenario()) {
    if (std::find(kNumbers.begin(), kNumbers.end(), p.type) == kNumbers.end()) continue;
    ++numbers;
    EXPECT_TRUE(p.range.find("..") != std::string::npos || p.range.starts_with("<="))
        << p.path << ": " << p.range;
  }
  EXPECT_GT(numbers, 200);
}

TEST(bounds, a_scenario_without_devices_is_refused_like_one_without_the_table) {
  EXPECT_EQ(error_of("small-guest.toml", {"hotplug=[]"}),
            "--set:1: no [[hotplug]] table; add one with size and device");
}

TEST(bounds, all_devices_come_within_a_year) {
  const std::vector<std::string> slow{"hotplug.0.size=1GiB", "hotplug.0.every=8000h"};
  auto settings = slow;
  settings.emplace_back("hotplug.0.count=2");
  EXPECT_EQ(error_of("small-guest.toml", settings), "");
  settings.back() = "hotplug.0.count=3";
  EXPECT_EQ(error_of("small-guest.toml", settings),
            "--set:2: the last of 3 devices would come after more than a year; plug them faster, "
            "or fewer");
  settings.back() = "hotplug.0.count=100000";
  EXPECT_NE(error_of("small-guest.toml", settings), "");
}

TEST(bounds, boot_memory_lies_within_what_processors_and_kernel_reach) {
  EXPECT_EQ(error_of("quickstart.toml", {"machine.node.0.memory=1TiB", "machine.node.1.memory=1TiB",
                                         "machine.physical_address_bits=41"}),
            "");
  const std::string bits =
      error_of("quickstart.toml", {"machine.node.0.memory=1TiB", "machine.node.1.memory=1025GiB",
                                   "machine.physical_address_bits=41"});
  EXPECT_NE(bits.find("boot memory ends at 2049 GiB, beyond the 2 TiB that its processors address"),
            std::string::npos)
      << bits;
  const std::string levels =
      error_of("quickstart.toml", {"machine.node.0.memory=100TiB", "machine.la57=false"});
  EXPECT_NE(levels.find("beyond the 64 TiB that the kernel's direct map holds"), std::string::npos)
      << levels;
}

// Whatever a workload calls its nodes.
TEST(bounds, workloads_name_nodes_that_are_there) {
  for (const char* setting : {"workload.node=2", "workload.node=1023"})
    EXPECT_NE(error_of("replay.toml", {setting}).find("there is no node"), std::string::npos)
        << setting;
  const std::string stream = error_of(
      "quickstart.toml", {R"(workload=[{kind="memory_stream",memory_node=1},{kind="idle"}])"});
  EXPECT_EQ(stream, "");
  EXPECT_EQ(error_of("quickstart.toml",
                     {R"(workload=[{kind="idle"},{kind="memory_stream",memory_node=5}])"}),
            "--set:1: workload.memory_node: there is no node 5; nodes are numbered 0 to 1");
}

TEST(bounds, names_are_a_line_of_text) {
  for (const std::string& name : {std::string(R"("a\u0000b")"), std::string(R"("a\u001b[31m")"),
                                  std::string(R"("a\nb")"), '"' + std::string(300, 'a') + '"'}) {
    const std::string error = error_of("small-guest.toml", {"name=" + name});
    EXPECT_NE(error.find("name"), std::string::npos) << error;
    EXPECT_NE(error.find("200 letters"), std::string::npos) << error;
  }
  EXPECT_EQ(error_of("small-guest.toml", {R"(doc="two\nlines")", "hotplug.0.size=1GiB"}), "");
  EXPECT_NE(error_of("small-guest.toml", {R"(doc="a\u0000b")", "hotplug.0.size=1GiB"}), "");
}

}  // namespace
}  // namespace mhp::config::bounds_test
