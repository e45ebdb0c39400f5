// What a recording says must agree with what the run reports, and recording must change nothing.
#include "sim/run/recording/recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/run/result/run_content.hpp"

namespace mhp::run {
namespace {

config::Scenario load(const std::string& name, const std::vector<std::string>& settings) {
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return std::move(*s);
}

const std::vector<std::string> kTwoNodes{"hotplug.0.size=8GiB", "hotplug.1.size=8GiB",
                                         "hotplug.0.device.training=0s",
                                         "hotplug.1.device.training=0s"};

RunResult record(const config::Scenario& s, const std::string& placement = {}) {
  return simulate(s, {.placement = placement, .record = true});
}

double metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name && m.value) return static_cast<double>(*m.value);
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

const SeriesQuantity& quantity(const RunResult& r, const std::string& name) {
  const auto& all = r.recording->series.quantities;
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const SeriesQuantity& q) { return q.name == name; });
  if (at == all.end()) throw std::runtime_error("no series " + name);
  return *at;
}

TEST(recorder, recording_changes_nothing_of_a_run) {
  for (const char* name : {"quickstart.toml", "busy-cache.toml", "unplug.toml"}) {
    const auto s = load(name, name[0] == 'q' ? kTwoNodes : std::vector<std::string>{});
    const RunResult plain = simulate(s, {});
    const RunResult recorded = record(s);
    EXPECT_EQ(plain.fingerprint, recorded.fingerprint) << name;
    EXPECT_EQ(plain.engine.executed, recorded.engine.executed) << name;
    ASSERT_EQ(plain.metrics.size(), recorded.metrics.size());
    for (std::size_t i = 0; i < plain.metrics.size(); ++i)
      EXPECT_EQ(plain.metrics[i].value, recorded.metrics[i].value) << plain.metrics[i].name;
    EXPECT_EQ(plain.recording, nullptr);
  }
}

TEST(recorder, series_end_at_what_the_run_reports) {
  const RunResult r = record(load("busy-cache.toml", {}));
  for (const char* name : {"psi_some", "psi_full", "pgscan_kswapd", "pgsteal_kswapd",
                           "pgscan_direct", "allocstall", "pswpout"})
    EXPECT_EQ(quantity(r, name).values.back(), metric(r, name)) << name;
  EXPECT_GT(metric(r, "psi_some"), 0);
  EXPECT_GT(metric(r, "pgsteal_kswapd"), 0);
}

// Little's law: the integral of those who wait is the sum of the waits, once nobody waits.
TEST(recorder, the_integral_of_waiters_is_the_sum_of_waits) {
  const RunResult r = record(load("quickstart.toml", kTwoNodes));
  const SeriesQuantity& wait = quantity(r, "lock_wait");
  const std::size_t locks = lock_names().size();
  EXPECT_EQ(wait.values[wait.values.size() - 1], metric(r, "zone_lock_wait"));
  double device_hotplug = 0;
  for (const Operation& op : r.operations)
    device_hotplug += static_cast<double>((op.started - op.submitted).value);
  EXPECT_LE(wait.values[wait.values.size() - locks], device_hotplug);
  const SeriesQuantity& waiters = quantity(r, "lock_waiters");
  EXPECT_EQ(waiters.values[waiters.values.size() - 1], 0);
}

// Kernel zones of boot memory: the least in any bucket is what ZoneWatch has found, of one node.
TEST(recorder, the_least_free_pages_are_those_of_the_metric) {
  const RunResult r = record(load("small-guest.toml", {}), "boot_memory");
  const SeriesQuantity& free = quantity(r, "nr_free_pages");
  const auto zones = static_cast<std::size_t>(kernel::kZoneTypes);
  double least = 1e18;
  for (std::size_t i = 0; i < free.least.size(); i += zones) {
    double sum = 0;
    for (std::size_t z = 0; z < zones; ++z) sum += free.least[i + z];
    least = std::min(least, sum);
  }
  EXPECT_LE(least, metric(r, "free_pages_min"));
  EXPECT_GE(least, 0.9 * metric(r, "free_pages_min"));
}

TEST(recorder, time_is_bounded_ascends_and_ends_with_the_run) {
  for (const char* name : {"quickstart.toml", "small-guest.toml"}) {
    const RunResult r = record(load(name, {}));
    const auto& time = r.recording->series.time;
    EXPECT_LE(time.size(), Recorder::kMost);
    EXPECT_GE(time.size(), 100U);
    EXPECT_EQ(time.front(), SimTime{});
    EXPECT_TRUE(std::is_sorted(time.begin(), time.end()));
    EXPECT_EQ(time.back(), r.samples.back().time);
    for (std::size_t i = 2; i + 1 < time.size(); ++i)
      EXPECT_EQ(time[i] - time[i - 1], time[1] - time[0]);
  }
}

TEST(recorder, means_of_bandwidth_add_up_to_what_was_moved) {
  const RunResult r = record(load("quickstart.toml", kTwoNodes));
  const SeriesQuantity& rate = quantity(r, "bandwidth");
  const auto& series = r.recording->series;
  const std::size_t places = series.resources.size();
  EXPECT_EQ(series.resources, (std::vector<std::string>{"node0", "node1", "link0-1"}));
  for (std::size_t p = 0; p < places; ++p) {
    double moved = 0;
    for (std::size_t t = 1; t < series.time.size(); ++t)
      moved += rate.values[t * places + p] *
               static_cast<double>((series.time[t] - series.time[t - 1]).value) / 1e9;
    const TrafficRecord& all = r.recording->traffic[p];
    EXPECT_NEAR(moved, all.moved, 1e-6 * all.moved + 1) << all.name;
    EXPECT_GT(all.moved, 0);
    EXPECT_LE(all.by_kernel, all.moved);
    EXPECT_LE(all.busy, series.time.back());
  }
}

TEST(recorder, latencies_are_those_of_the_workload) {
  const RunResult r = record(load("quickstart.toml", kTwoNodes));
  const LatencyRecord& l = r.recording->latency;
  ASSERT_EQ(l.workloads.size(), 1U);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < l.bins.size(); ++i) {
    count += l.workloads[0].operations[i];
    EXPECT_LT(l.bins[i].first, l.bins[i].end);
    if (i > 0) {
      EXPECT_EQ(l.bins[i - 1].end, l.bins[i].first);
    }
  }
  EXPECT_EQ(static_cast<double>(count), metric(r, "workload_operations"));
  EXPECT_EQ(static_cast<double>(l.workloads[0].most.value), metric(r, "workload_latency_max"));
}

/// Pages that an owner pays for memory that came in a way.
std::int64_t paid(const RunResult& r, SectionRun::Kind kind, SectionRun::Owner owner) {
  std::int64_t pages = 0;
  for (const SectionRun& s : r.recording->sections)
    if (s.kind == kind && s.owner == owner) pages += s.memmap_pages.value;
  return pages;
}

// 2 GiB in sections of 128 MiB: 16 sections of 512 pages of memmap. Of 256 MiB at boot, 1024 pages
// hold the memmap, of which those of the hole below 1 MiB describe no memory.
TEST(recorder, sections_tell_who_pays) {
  using Kind = SectionRun::Kind;
  using Owner = SectionRun::Owner;
  const auto s = load("small-guest.toml", {"hotplug.0.size=2GiB"});
  const RunResult boot = record(s, "boot_memory");
  EXPECT_GE(paid(boot, Kind::boot, Owner::boot_memory), 1020);
  EXPECT_LE(paid(boot, Kind::boot, Owner::boot_memory), 1024);
  EXPECT_EQ(paid(boot, Kind::hot_added, Owner::boot_memory), 16 * 512);
  const RunResult range = record(s, "hotplugged_range");
  EXPECT_EQ(paid(range, Kind::boot, Owner::boot_memory),
            paid(boot, Kind::boot, Owner::boot_memory));
  EXPECT_EQ(paid(range, Kind::hot_added, Owner::own_head), 16 * 512);
  EXPECT_EQ(paid(range, Kind::hot_added, Owner::boot_memory), 0);
}

// Every page that is present is in one run, and of a zone that has as many.
TEST(recorder, sections_are_all_the_memory_there_is) {
  for (const char* name : {"small-guest.toml", "quickstart.toml"}) {
    const RunResult r = record(load(name, name[0] == 'q' ? kTwoNodes : std::vector<std::string>{}),
                               "hotplugged_range");
    std::vector<std::int64_t> pages(r.samples.back().zones.size()), present;
    for (const auto& zone : r.samples.back().zones) present.push_back(zone.present);
    for (const SectionRun& run : r.recording->sections)
      if (run.zone)
        pages[run.node.index() * static_cast<std::size_t>(kernel::kZoneTypes) +
              static_cast<std::size_t>(*run.zone)] += run.memory.pages().value;
    EXPECT_EQ(pages, present) << name;
  }
}

}  // namespace
}  // namespace mhp::run
