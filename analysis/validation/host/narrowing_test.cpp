// What a calibration changes of a scenario, and what it leaves.
#include "analysis/validation/host/narrowing.hpp"

#include <gtest/gtest.h>

#include "analysis/validation/host/profile_files.hpp"
#include "analysis/validation/host/synthetic.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::host::narrowing_test {
namespace {

class Narrowing : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto scenario =
        config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/far-expander.toml", {});
    ASSERT_TRUE(scenario.has_value()) << scenario.error().front().text();
    const auto base = config::load_toml(MHP_SOURCE_DIR "/configs/costs/xeon.toml");
    ASSERT_TRUE(base.has_value());
    const Constants constants = derive(Synthetic{}.times(1), read_back_costs(*base));
    const HostNode node{0, Bytes{8 * kGiB}, Bytes{kMiB}, 4, {0, 2}};
    auto measured =
        with_measured(*scenario, cost_table(*base, constants, "Some CPU"),
                      machine_table(constants, {"Some CPU", true, true, false, 46}, {node}));
    ASSERT_TRUE(measured.has_value()) << measured.error().front().text();
    before_ = *scenario;
    after_ = std::move(*measured);
  }

  config::Scenario before_;
  config::Scenario after_;
};

TEST_F(Narrowing, puts_what_was_measured_in_and_leaves_the_rest) {
  EXPECT_EQ(after_.machine.core.clock, 2500);
  EXPECT_EQ(after_.machine.core.misses_in_flight_stream, 12'000);
  ASSERT_EQ(after_.machine.nodes.size(), before_.machine.nodes.size());
  for (std::size_t n = 0; n < before_.machine.nodes.size(); ++n) {
    const auto& was = before_.machine.nodes[n];
    const auto& is = after_.machine.nodes[n];
    EXPECT_EQ(is.memory, was.memory);
    EXPECT_EQ(is.cpus, was.cpus);
    EXPECT_EQ(is.latency, was.cpus > 0 ? SimTime{90} : was.latency);
    EXPECT_EQ(is.bandwidth == was.bandwidth, was.cpus == 0);
  }
  EXPECT_EQ(after_.machine.links.size(), before_.machine.links.size());
  EXPECT_EQ(after_.hotplug.size(), before_.hotplug.size());
  EXPECT_EQ(after_.kernel.memmap_placement, before_.kernel.memmap_placement);
}

// All repetitions of the made times are alike, so that every range that was measured has no width.
TEST_F(Narrowing, tells_each_number_that_changed_once_with_both_ranges) {
  const auto rows = narrowed(before_.used, after_.used);
  std::size_t latency = 0;
  bool price = false;
  for (const Narrowed& n : rows) {
    EXPECT_NE(n.after.name.find("costs.rcu_grace_period"), 0U) << "nobody measured it";
    if (n.after.name.ends_with(".latency")) ++latency;
    if (n.after.name != "costs.struct_page_init.cpu") continue;
    price = true;
    ASSERT_TRUE(n.before.range && n.after.range);
    EXPECT_EQ(n.before.range->high, 6394);
    EXPECT_EQ(*n.after.number, 2500);
    EXPECT_EQ(n.factor(), 0) << "no width is left";
  }
  EXPECT_TRUE(price);
  EXPECT_EQ(latency, 1U) << "nodes are alike";
  EXPECT_TRUE(narrowed(before_.used, before_.used).empty());
}

TEST(narrowed, compares_widths_as_parts_of_the_value) {
  ParamValue before;
  before.name = "costs.percpu_line.cpu";
  before.number = 100;
  before.range = ParamRange{50, 150};
  ParamValue after = before;
  after.number = 200;
  after.range = ParamRange{195, 205};
  const auto rows = narrowed({before}, {after});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_DOUBLE_EQ(rows[0].factor(), 20);
}

}  // namespace
}  // namespace mhp::host::narrowing_test
