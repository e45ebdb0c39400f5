// What a calibration writes is what a scenario reads, and simulates to the times it came from.
#include "analysis/validation/host/profile_files.hpp"

#include <gtest/gtest.h>

#include <set>

#include "analysis/validation/host/synthetic.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/config/toml_writer.hpp"
#include "sim/run/boot_memmap.hpp"

namespace mhp::host::profile_files_test {
namespace {

using kernel::Primitive;

class ProfileFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto base = config::load_toml(MHP_SOURCE_DIR "/configs/costs/xeon.toml");
    ASSERT_TRUE(base.has_value());
    base_ = *base;
    base_costs_ = read_back_costs(base_);
    constants_ = derive(made_.times(2), base_costs_);
    const HostNode node{0, Bytes{8 * kGiB + 12345}, Bytes{kMiB}, 4, {0, 1}};
    costs_ = reread(cost_table(base_, constants_, "Some CPU"));
    machine_ = reread(machine_table(constants_, {"Some CPU", true, true, false, 46}, {node, node}));
  }
  /// By way of a file's text.
  static Value reread(const Value& table) {
    const auto back = config::parse_toml(config::to_toml(table), "written.toml");
    EXPECT_TRUE(back.has_value()) << back.error().front().text();
    return back.value_or(table);
  }

  Synthetic made_;
  Value base_;
  cost::CostProfile base_costs_;
  Constants constants_;
  Value costs_;
  Value machine_;
};

TEST_F(ProfileFiles, hold_what_was_measured_and_take_the_rest_over) {
  const auto costs = read_back_costs(costs_);
  std::set<Primitive> measured;
  for (const PrimitiveConstant& p : constants_.primitives) {
    measured.insert(p.primitive);
    EXPECT_NEAR(static_cast<double>(costs.of(p.primitive).cpu.value), p.cpu_ns.is.value * 1000, 1);
  }
  EXPECT_EQ(measured.size(), 5U);
  for (std::size_t i = 0; i < kernel::kPrimitives; ++i) {
    const auto p = static_cast<Primitive>(i);
    EXPECT_EQ(costs.of(p).lines, base_costs_.of(p).lines) << kernel::kPrimitiveNames[i];
    if (measured.count(p) > 0) continue;
    EXPECT_EQ(costs.of(p).cpu, base_costs_.of(p).cpu) << kernel::kPrimitiveNames[i];
  }
  EXPECT_EQ(costs.general.rcu_grace_period, base_costs_.general.rcu_grace_period);
}

// So a machine that says nothing of its core runs on the one that was measured.
TEST_F(ProfileFiles, say_in_both_what_the_core_overlaps) {
  const auto prices = read_back_costs(costs_).core;
  const auto machine = read_back_machine(machine_).core;
  EXPECT_EQ(prices.misses_in_flight_stream, machine.misses_in_flight_stream);
  EXPECT_EQ(prices.misses_in_flight_stride, machine.misses_in_flight_stride);
  EXPECT_NEAR(static_cast<double>(prices.misses_in_flight_stream),
              constants_.in_flight_stream.is.value * 1000, 1);
  EXPECT_NEAR(static_cast<double>(prices.misses_in_flight_stride),
              constants_.in_flight_stride.is.value * 1000, 1);
}

// Each price holds at the clock that it was measured at, a page that is cleared at any.
TEST_F(ProfileFiles, keep_the_clock_of_every_price) {
  const auto costs = read_back_costs(costs_);
  EXPECT_EQ(read_back_machine(machine_).core.clock, 2500);
  EXPECT_EQ(costs.core.clock, 3000);
  EXPECT_EQ(costs.of(Primitive::struct_page_init).clock, 2500);
  EXPECT_EQ(costs.of(Primitive::page_table_page).clock, cost::PrimitiveCost::kClockless);
  EXPECT_EQ(costs.of(Primitive::rmqueue).clock, 2200);
  constants_.clock = {};  // a processor that does not tell it: nothing follows a clock
  const Value unknown = cost_table(base_, constants_, "Some CPU");
  EXPECT_EQ(read_back_costs(unknown).core.clock, 0);
  EXPECT_EQ(read_back_costs(unknown).of(Primitive::struct_page_init).clock, 0);
}

TEST_F(ProfileFiles, say_where_every_number_comes_from) {
  Diagnostics errors;
  std::vector<ParamValue> used;
  cost::read_cost_profile(costs_, errors, &used);
  machine::read_machine(machine_, errors, &used);
  EXPECT_TRUE(errors.empty());
  std::size_t measured = 0;
  for (const ParamValue& v : used) {
    const bool number = !v.is_default && v.name.find("name") == std::string::npos;
    EXPECT_TRUE(!number || !v.source.empty()) << v.name;
    EXPECT_TRUE(!number || !v.basis.empty()) << v.name;
    if (v.source.starts_with("measured by mhpsim calibrate: ")) ++measured;
  }
  EXPECT_EQ(measured, 5U + 2U + 4U + 2U * 2U + 2U + 5U) << "the last: clocks";
}

TEST_F(ProfileFiles, describe_the_machine) {
  const auto m = read_back_machine(machine_);
  EXPECT_EQ(m.general.name, "Some CPU");
  EXPECT_TRUE(m.general.hypervisor);
  EXPECT_FALSE(m.general.la57);
  EXPECT_EQ(m.general.physical_address_bits, 46);
  EXPECT_NEAR(static_cast<double>(m.general.service_variability), 3000, 150);
  ASSERT_EQ(m.nodes.size(), 2U);
  EXPECT_EQ(m.nodes[1].memory, Bytes{8 * kGiB});
  EXPECT_EQ(m.nodes[1].cpus, 4);
  EXPECT_EQ(m.nodes[1].cores, 2);
  EXPECT_EQ(m.core.threads, 2);
  const HostNode odd{0, Bytes{kGiB}, Bytes{kMiB}, 3, {0, 1}};
  const HostNode many{0, Bytes{kGiB}, Bytes{kMiB}, 32, {0, 1}};
  for (const HostNode& node : {odd, many})
    EXPECT_EQ(read_back_machine(machine_table(constants_, {}, {node, node})).core.threads, 1)
        << "not told";
  EXPECT_EQ(m.nodes[1].latency, SimTime{90});
  ASSERT_EQ(m.links.size(), 1U);
  EXPECT_EQ(m.links[0].latency, SimTime{60});
}

// One thread, simulated: the times that the constants were derived from.
TEST_F(ProfileFiles, simulate_to_the_times_that_were_measured) {
  const auto machine = read_back_machine(machine_);
  const auto costs = read_back_costs(costs_);
  const auto ns = [&](Primitive p) {
    const kernel::MemmapInit::Work work{
        .pages = PageCount{3'276'800}, .pass = p, .to_buddy = false};
    return static_cast<double>(run::memmap_init_time(machine, costs, work, NodeId{0}).time.value) /
           3'276'800;
  };
  const WorkTimes t = made_.times(1).work[0];
  EXPECT_NEAR(ns(Primitive::struct_page_init), t.init_cold.value(), 0.005);
  EXPECT_NEAR(ns(Primitive::struct_page_free), t.free_cold.value(), 0.005);
  EXPECT_NEAR(ns(Primitive::struct_page_clear), t.clear_cold.value(), 0.005);
  EXPECT_NEAR(ns(Primitive::contiguity_check), t.walk_cold.value(), 0.02);
}

}  // namespace
}  // namespace mhp::host::profile_files_test
