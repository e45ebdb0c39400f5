// Runs that end before all was added, devices that stay offline, and what is left after an unplug.
#include <gtest/gtest.h>

#include "sim/run/run.hpp"

namespace mhp::run {
namespace {

RunResult run(const std::string& name, const std::vector<std::string>& settings = {},
              const std::string& placement = "boot_memory") {
  const auto scenario =
      config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name + ".toml", settings);
  if (!scenario) throw std::runtime_error(scenario.error().front().text());
  return simulate(*scenario, {.placement = placement});
}

std::optional<std::int64_t> value(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value;
  return std::nullopt;
}

TEST(cut_short, the_time_to_add_is_that_of_all_that_was_planned) {
  const RunResult cut = run("movable-only", {"until=60s"});
  EXPECT_EQ(cut.outcome, Outcome::ok);
  EXPECT_FALSE(value(cut, "time_to_add"));
  EXPECT_FALSE(value(cut, "time_to_online"));
  EXPECT_EQ(cut.reason.find("cut short: the run ended at 60 s with "), 0u) << cut.reason;
}

TEST(cut_short, a_virtio_mem_device_that_is_still_being_plugged_is_not_added) {
  const RunResult cut = run("virtio-plug", {"until=2s"});
  EXPECT_FALSE(value(cut, "time_to_add"));
  EXPECT_EQ(cut.reason, "cut short: the run ended at 2 s with 0 of 1 devices added");
  const RunResult whole = run("virtio-plug");
  EXPECT_TRUE(value(whole, "time_to_add"));
  EXPECT_EQ(whole.reason.find("cut short"), std::string::npos) << whole.reason;
}

// Two devices; the second comes a minute later and stays offline.
TEST(cut_short, what_is_to_stay_offline_is_added_but_not_waited_for) {
  const std::vector<std::string> settings{"hotplug.0.size=8GiB", "hotplug.1.size=8GiB",
                                          "hotplug.1.at=60s", "hotplug.1.online=offline",
                                          "workload={kind=\"idle\"}"};
  const RunResult whole = run("quickstart", settings);
  ASSERT_TRUE(value(whole, "time_to_usable") && value(whole, "time_to_add"));
  EXPECT_LT(*value(whole, "time_to_usable"), *value(whole, "time_to_add"));
  EXPECT_EQ(value(whole, "time_to_online"), 0);
  auto cut = settings;
  cut.push_back("until=120s");  // the board of the second is announced at about 150 s
  const RunResult before = run("quickstart", cut);
  EXPECT_EQ(value(before, "time_to_usable"), value(whole, "time_to_usable"));
  EXPECT_FALSE(value(before, "time_to_add"));
  EXPECT_FALSE(value(before, "time_to_online")) << "it begins when all is added";
}

// Whatever was unplugged: usable_bytes = mem_total_delta - overhead_memmap_boot -
// overhead_page_tables. Without a removal these are what was taken.
TEST(cut_short, usable_memory_is_what_is_left_of_overhead_after_an_unplug_too) {
  for (const char* name : {"unplug", "blocked-unplug", "virtio-shrink", "on-demand"})
    for (const char* placement : {"boot_memory", "hotplugged_range"}) {
      const RunResult r = run(name, {}, placement);
      EXPECT_EQ(*value(r, "usable_bytes"), *value(r, "mem_total_delta") -
                                               *value(r, "overhead_memmap_boot") -
                                               *value(r, "overhead_page_tables"))
          << name << ", " << placement;
      const std::int64_t page = r.geometry.page_size();
      const std::int64_t taken =
          page * (*value(r, "memmap_pages_boot") + *value(r, "page_table_pages"));
      const std::int64_t kept = *value(r, "mem_total_delta") - *value(r, "usable_bytes");
      EXPECT_LE(kept, taken) << name << ", " << placement;
      if (*value(r, "removed_bytes") == 0) {
        EXPECT_EQ(kept, taken) << name << ", " << placement;
      }
    }
}

}  // namespace
}  // namespace mhp::run
