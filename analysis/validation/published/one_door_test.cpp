// Published experiments, hot-adds and the boot of a run are priced by the same code.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "analysis/validation/published/experiment.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/run/boot_memmap.hpp"
#include "sim/run/run.hpp"

namespace mhp::published::one_door_test {
namespace {

const std::string kRoot = MHP_SOURCE_DIR "/";

/// A guest of 6 GiB to which 15 GiB are added, the memmap inside.
config::Scenario guest(std::vector<std::string> settings = {}) {
  settings.insert(settings.end(),
                  {"machine.node.0.memory=6GiB", "kernel.memmap_placement=hotplugged_range"});
  auto scenario = config::load_scenario(kRoot + "configs/scenarios/small-guest.toml", settings);
  EXPECT_TRUE(scenario.has_value()) << scenario.error().front().text();
  return *scenario;
}

double metric(const run::RunResult& result, const std::string& name) {
  for (const run::Metric& m : result.metrics)
    if (m.name == name) return static_cast<double>(m.value.value_or(-1));
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

/// The boot memmap of that guest as an experiment of the kind that published targets hold.
double experiment(const std::string& setting = {}) {
  const config::Scenario s = guest();
  const machine::Topology topology(s.machine);
  const kernel::BootState boot = kernel::boot(machine::describe(s.machine, topology), s.kernel);
  const std::string more = setting.empty() ? "" : fmt::format(", \"{}\"", setting);
  const auto table = config::parse_toml(
      fmt::format("machine = \"configs/machines/guest-256m.toml\"\n"
                  "costs = \"configs/costs/xeon.toml\"\n"
                  "pages = {}\nthreads = {}\nset = [\"machine.node.0.memory=6GiB\"{}]\n",
                  run::deferred_pages(boot, NodeId{0}).value, s.machine.nodes[0].cpus, more),
      kRoot + "test.toml");
  EXPECT_TRUE(table.has_value());
  Diagnostics errors;
  const Measured m = experiments().find("memmap_init")->run(*table, errors);
  EXPECT_TRUE(errors.empty()) << errors.front().text();
  return m.value.value_or(-1);
}

TEST(one_door, an_experiment_takes_the_nanoseconds_of_the_scenario_with_its_machine) {
  const double boot = metric(run::simulate(guest(), {}), "boot_memmap_init_time");
  EXPECT_GT(boot, 0);
  EXPECT_EQ(experiment(), boot);
}

// 10 ns more for each struct page: of the experiment, of the boot of a run, and of what is added.
// Both prices are too high for bandwidth to hide a part of them.
TEST(one_door, a_price_moves_experiments_hot_adds_and_boots_alike) {
  const std::string dear = "costs.struct_page_init.cpu=30ns";
  const std::string dearer = "costs.struct_page_init.cpu=40ns";
  const run::RunResult before = run::simulate(guest({dear}), {});
  const run::RunResult after = run::simulate(guest({dearer}), {});
  const double boot =
      metric(after, "boot_memmap_init_time") - metric(before, "boot_memmap_init_time");
  EXPECT_GT(boot, 0);
  EXPECT_EQ(experiment(dearer) - experiment(dear), boot);
  const config::Scenario s = guest();
  const double added = 15.0 * kGiB / kPageSize;
  const double speed = static_cast<double>(s.machine.core.speed) / 1000;
  EXPECT_NEAR(metric(after, "time_to_online") - metric(before, "time_to_online"),
              added * 10 / speed, 1e-3 * added * 10);
}

double lookups(const std::string& in, const std::string& setting = {}) {
  const auto table =
      config::parse_toml(fmt::format("machine = \"configs/machines/guest-256m.toml\"\n"
                                     "costs = \"configs/costs/xeon.toml\"\n"
                                     "elements = 100001\nin = \"{}\"\nset = [{}]\n",
                                     in, setting),
                         kRoot + "test.toml");
  EXPECT_TRUE(table.has_value());
  Diagnostics errors;
  const Measured m = experiments().find("lookups")->run(*table, errors);
  EXPECT_TRUE(errors.empty()) << errors.front().text();
  return m.value.value_or(-1);
}

// 100,001 elements pass 5,000,050,000: whole nanoseconds, at the price and at the core's speed.
TEST(one_door, a_price_and_a_core_move_lookups_alike) {
  const double passed = 100'001.0 * 100'000 / 2;
  EXPECT_EQ(lookups("array", "\"costs.array_element.cpu=2ns\""), 2 * passed);
  EXPECT_EQ(lookups("list", "\"costs.list_element.cpu=100ns\""), 100 * passed);
  EXPECT_EQ(lookups("array", "\"costs.array_element.cpu=2ns\", \"machine.core.speed=500\""),
            4 * passed);
}

}  // namespace
}  // namespace mhp::published::one_door_test
