// Samples are reproducible one by one, keep to their ranges, and are the same for every placement.
#include "sim/study/compare/uncertainty.hpp"

#include <gtest/gtest.h>

#include "sim/config/sample.hpp"
#include "sim/run/run.hpp"

namespace mhp::study::uncertainty_test {
namespace {

config::Scenario load(const std::vector<std::string>& settings) {
  std::vector<std::string> all{"hotplug.0.size=8GiB"};
  all.insert(all.end(), settings.begin(), settings.end());
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml", all);
  if (!s) throw std::runtime_error(s.error().front().text());
  return std::move(*s);
}

// Machine, prices and devices: every parameter with a range gets the drawn value, exactly.
TEST(uncertainty, a_sample_reaches_every_constant_that_has_a_range) {
  const config::Scenario s = load({});
  const auto sample = config::draw_sample(s.used, 1, 2);
  EXPECT_GT(sample.size(), 15u);
  const auto sampled = config::with_sample(s, sample);
  ASSERT_TRUE(sampled.has_value()) << sampled.error().front().text();
  for (const config::Drawn& d : sample)
    for (const ParamValue& p : sampled->used)
      if (p.name == d.name) {
        EXPECT_EQ(p.value, std::to_string(d.value)) << d.name;
      }
  EXPECT_NE(sampled->costs.general.rcu_grace_period, s.costs.general.rcu_grace_period);
}

TEST(uncertainty, the_ends_hold_nine_tenths_of_the_samples) {
  std::vector<std::int64_t> values;
  for (int i = 100; i >= 0; --i) values.push_back(i);
  const SampledRange r = sampled_range(values);
  EXPECT_EQ(r.low, 5);
  EXPECT_EQ(r.median, 50);
  EXPECT_EQ(r.high, 95);
  EXPECT_EQ(sampled_range({3, 1, 2}).low, 1);
  EXPECT_EQ(sampled_range({3, 1, 2}).high, 3);
}

UncertaintyOptions options(std::int64_t samples, unsigned threads) {
  return {{"hotplugged_range", "boot_memory"}, samples, 1, threads, {}};
}

const UncertainMetric& of(const Uncertainty& u, const std::string& name) {
  for (const UncertainMetric& m : u.metrics)
    if (m.name == name) return m;
  throw std::runtime_error("no metric " + name);
}

std::optional<std::int64_t> value(const config::Scenario& s, const std::string& placement,
                                  const std::string& name) {
  for (const run::Metric& m : run::simulate(s, {.placement = placement}).metrics)
    if (m.name == name) return m.value;
  return std::nullopt;
}

TEST(uncertainty, threads_change_nothing_and_a_sample_stands_alone) {
  const config::Scenario s = load({});
  const auto one = uncertainty(s, options(3, 1));
  const auto two = uncertainty(s, options(3, 2));
  ASSERT_TRUE(one && two);
  std::vector<std::int64_t> alone;
  std::vector<std::int64_t> differences;
  for (std::uint64_t k = 0; k < 3; ++k) {
    const auto sampled = config::with_sample(s, config::draw_sample(s.used, 1, k));
    alone.push_back(*value(*sampled, "hotplugged_range", "time_to_usable"));
    differences.push_back(*value(*sampled, "boot_memory", "time_to_usable") - alone.back());
  }
  for (const auto* u : {&*one, &*two}) {
    const auto& m = of(*u, "time_to_usable");
    EXPECT_EQ(m.values.at("hotplugged_range")->low, sampled_range(alone).low);
    EXPECT_EQ(m.values.at("hotplugged_range")->high, sampled_range(alone).high);
    EXPECT_EQ(m.diff.at("boot_memory")->low, sampled_range(differences).low) << "paired";
    EXPECT_EQ(m.diff.at("boot_memory")->high, sampled_range(differences).high);
  }
}

// Ranges that are the value itself leave nothing open: intervals have no width.
TEST(uncertainty, without_width_in_the_ranges_there_is_none_in_the_intervals) {
  const config::Scenario s = load({});
  std::vector<std::string> closed;
  for (const ParamValue& p : s.used) {
    if (!p.range) continue;
    const Value value = number_value(*p.number, p.unit, {});
    const std::string quote = value.amount() == nullptr ? "" : "\"";
    const std::string unit =
        value.amount() == nullptr ? "" : value.amount()->text().substr(p.value.size());
    const std::string text = quote + p.value + unit + quote;
    closed.push_back(p.name + "=" + p.value + unit);
    closed.push_back(p.name + "_range=[" + text + ", " + text + "]");
  }
  const config::Scenario exact = load(closed);
  const auto u = uncertainty(exact, options(2, 1));
  ASSERT_TRUE(u.has_value());
  EXPECT_EQ(u->constants.size(), closed.size() / 2);
  for (const UncertainMetric& m : u->metrics) {
    const auto& r = m.values.at("hotplugged_range");
    ASSERT_TRUE(r.has_value()) << m.name;
    EXPECT_EQ(r->low, r->high) << m.name;
  }
  EXPECT_EQ(of(*u, "time_to_usable").values.at("hotplugged_range")->low,
            *value(s, "hotplugged_range", "time_to_usable"));
}

// 15 GiB of memmap do not fit, whatever the constants are: no time, no interval, no driver.
TEST(uncertainty, what_is_not_reached_has_no_interval) {
  const auto u = uncertainty(load({"hotplug.0.size=15GiB"}), options(2, 1));
  ASSERT_TRUE(u.has_value());
  const auto& m = of(*u, "time_to_usable");
  EXPECT_FALSE(m.values.at("boot_memory").has_value());
  EXPECT_FALSE(m.diff.at("boot_memory").has_value());
  EXPECT_TRUE(m.drivers.at("boot_memory").empty());
  EXPECT_TRUE(m.values.at("hotplugged_range").has_value());
}

// One constant is open and the time rises with it: their ranks are the same.
TEST(uncertainty, names_the_constant_that_a_time_hangs_on) {
  config::Scenario s = load({});
  for (ParamValue& p : s.used)
    if (p.name != "costs.block_state_fixed.cpu") p.range.reset();
  const auto u = uncertainty(s, options(10, 2));
  ASSERT_TRUE(u.has_value());
  const auto& drivers = of(*u, "time_to_online").drivers.at("hotplugged_range");
  ASSERT_EQ(drivers.size(), 1u);
  EXPECT_EQ(drivers[0].name, "costs.block_state_fixed.cpu");
  EXPECT_DOUBLE_EQ(drivers[0].correlation, 1);
}

}  // namespace
}  // namespace mhp::study::uncertainty_test
