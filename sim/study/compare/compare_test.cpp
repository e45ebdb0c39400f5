#include "sim/study/compare/compare.hpp"

#include <gtest/gtest.h>

namespace mhp::study::compare_test {
namespace {

Comparison compare_small(std::vector<std::string> settings, std::int64_t replicates,
                         unsigned threads) {
  settings.insert(settings.begin(),
                  {"hotplug.0.size=32GiB", "hotplug.1.size=32GiB", "hotplug.0.device.training=0s",
                   "hotplug.1.device.training=0s"});
  const auto scenario =
      config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml", settings);
  EXPECT_TRUE(scenario.has_value());
  CompareOptions options;
  options.placements = {"boot_memory", "hotplugged_range"};
  options.replicates = replicates;
  options.threads = threads;
  return compare(*scenario, options);
}

const MetricRow& row(const Comparison& c, const std::string& name) {
  for (const MetricRow& r : c.metrics)
    if (r.name == name) return r;
  throw std::runtime_error("no metric " + name);
}

TEST(compare, one_replicate_has_no_intervals) {
  const Comparison c = compare_small({}, 1, 1);
  const auto& d = row(c, "time_to_online").diff.at("hotplugged_range");
  ASSERT_TRUE(d.has_value());
  EXPECT_FALSE(d->abs.lo || d->abs.hi || d->significant);
  EXPECT_FALSE(row(c, "time_to_online").diff.contains("boot_memory"));
  EXPECT_NEAR(*d->rel, d->abs.mean / row(c, "time_to_online").values.at("boot_memory")->mean,
              1e-12);
}

TEST(compare, replicates_give_paired_intervals_and_threads_change_nothing) {
  const Comparison one = compare_small({}, 5, 1);
  const Comparison two = compare_small({}, 5, 2);
  for (std::size_t p = 0; p < 2; ++p)
    EXPECT_EQ(one.placements[p].fingerprint, two.placements[p].fingerprint);
  const auto& r = row(one, "workload_latency_mean");
  ASSERT_TRUE(r.values.at("boot_memory")->lo.has_value());
  EXPECT_EQ(r.diff.at("hotplugged_range")->abs.mean,
            row(two, "workload_latency_mean").diff.at("hotplugged_range")->abs.mean);
  const auto& pages = *row(one, "memmap_pages_boot").diff.at("hotplugged_range");
  EXPECT_FALSE(pages.significant.has_value()) << "a count that is always the same is no chance";
  EXPECT_EQ(pages.abs.none, analysis::NoInterval::equal);
  const auto& p99 = row(one, "workload_latency_p99").values.at("boot_memory");
  ASSERT_TRUE(p99 && p99->median);
}

TEST(compare, a_metric_that_the_baseline_did_not_reach_has_no_difference) {
  const auto scenario =
      config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml", {});
  ASSERT_TRUE(scenario.has_value());
  CompareOptions options;
  options.placements = {"boot_memory", "hotplugged_range"};
  const Comparison c = compare(*scenario, options);
  EXPECT_EQ(c.placements[0].outcome, run::Outcome::enomem);
  EXPECT_EQ(c.placements[1].outcome, run::Outcome::ok);
  EXPECT_FALSE(row(c, "time_to_add").values.at("boot_memory").has_value());
  EXPECT_TRUE(row(c, "time_to_add").values.at("hotplugged_range").has_value());
  EXPECT_FALSE(row(c, "time_to_add").diff.at("hotplugged_range").has_value());
}

}  // namespace
}  // namespace mhp::study::compare_test
