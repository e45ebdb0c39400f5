// Timelines of whole runs: they say what the run's log and ledger say, and change nothing.
#include "sim/run/timeline/timeline.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "sim/run/recording/recording.hpp"
#include "sim/run/run.hpp"

namespace mhp::run::timeline_test {
namespace {

config::Scenario load(const std::string& name, const std::vector<std::string>& settings = {}) {
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return std::move(*s);
}

RunResult recorded(const config::Scenario& scenario) {
  RunOptions options;
  options.record = true;
  return simulate(scenario, options);
}

const std::vector<std::string> kSmall{"hotplug.0.size=8GiB", "hotplug.1.size=8GiB"};

/// Small forms of scenarios that ship: udev and a load, an add that fails, pressure, removal,
/// virtio-mem.
std::vector<config::Scenario> scenarios() {
  std::vector<config::Scenario> out;
  out.push_back(load("quickstart.toml", kSmall));
  out.push_back(load("small-guest.toml"));
  out.push_back(load("busy-cache.toml"));
  out.push_back(load("unplug.toml"));
  out.push_back(load("virtio-plug.toml"));
  out.push_back(load("hyper-v.toml"));
  return out;
}

bool all_there(const Timeline& t, TrackKind kind) {
  return t.kinds[static_cast<std::size_t>(kind)].dropped == 0;
}

TEST(timeline, recording_changes_no_run) {
  for (const config::Scenario& s : scenarios()) {
    const RunResult with = recorded(s);
    const RunResult without = simulate(s, {});
    EXPECT_EQ(with.fingerprint, without.fingerprint) << s.run.name;
    EXPECT_EQ(with.engine.executed, without.engine.executed) << s.run.name;
    ASSERT_NE(with.recording, nullptr);
    EXPECT_EQ(without.recording, nullptr);
  }
}

// Boot has a clock of its own: how long the run is says nothing of it.
TEST(timeline, what_boot_does_ends_when_boot_has_done_it) {
  const auto boot = [](const char* until) {
    const RunResult r = recorded(load("quickstart.toml", {"hotplug.*.size=8GiB", until}));
    const Timeline& t = r.recording->timeline;
    EXPECT_TRUE(all_there(t, TrackKind::boot));
    std::vector<std::tuple<std::string, std::uint8_t, SimTime, SimTime>> out;
    for (const Span& s : t.spans)
      if (t.tracks[s.track].kind == TrackKind::boot)
        out.emplace_back(t.names[s.name], s.depth, s.begin, s.end);
    return out;
  };
  const auto brief = boot("until=1ms");
  EXPECT_FALSE(brief.empty());
  EXPECT_EQ(brief, boot("until=1min"));
}

TEST(timeline, spans_of_a_track_follow_or_contain_each_other) {
  for (const config::Scenario& s : scenarios()) {
    const RunResult r = recorded(s);
    std::vector<Span> around;
    for (const Span& span : r.recording->timeline.spans) {
      ASSERT_LE(span.begin, span.end);
      if (!around.empty() && around.front().track != span.track) around.clear();
      while (!around.empty() && around.back().end <= span.begin &&
             (around.back().begin < span.begin || around.back().depth >= span.depth))
        around.pop_back();
      ASSERT_EQ(around.size(), span.depth)
          << s.run.name << ", " << r.recording->timeline.tracks[span.track].name << " at "
          << span.begin.value << ": " << r.recording->timeline.names[span.name];
      if (!around.empty()) {
        ASSERT_LE(span.end, around.back().end) << s.run.name;
      }
      around.push_back(span);
    }
  }
}

using OpKey = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

TEST(timeline, has_every_operation_of_the_log) {
  int looked_at = 0;
  for (const config::Scenario& s : scenarios()) {
    const RunResult r = recorded(s);
    const Timeline& t = r.recording->timeline;
    if (!all_there(t, TrackKind::device)) continue;
    ++looked_at;
    std::multiset<OpKey> log, there;
    for (const Operation& op : r.operations)
      log.emplace(word(op.kind), op.device, op.block.value, op.started.value, op.finished.value);
    for (const Span& span : t.spans)
      if (span.kind == SpanKind::operation)
        there.emplace(t.names[span.name], span.device, span.block, span.begin.value,
                      span.end.value);
    EXPECT_EQ(log, there) << s.run.name;
  }
  EXPECT_GE(looked_at, 5);
}

// What an operation does and waits for adds up to it, and by name to the ledger's rows of all
// operations: sum over spans of (end - begin) = own + stall + contention.
TEST(timeline, what_operations_do_adds_up_to_the_ledger) {
  int looked_at = 0;
  for (const config::Scenario& s : scenarios()) {
    const RunResult r = recorded(s);
    const Timeline& t = r.recording->timeline;
    if (!all_there(t, TrackKind::device)) continue;
    ++looked_at;
    std::map<std::pair<std::string, std::string>, std::int64_t> booked, spent;
    const TimeOf& all = r.times.metrics.back();
    ASSERT_EQ(all.metric, "run");
    for (std::size_t i = 0; i < r.times.rows.size(); ++i) {
      const TimeRow& row = r.times.rows[i];
      if (row.kind == "work" && all.amounts[i].time().value > 0)
        booked[{row.phase, row.name}] += all.amounts[i].time().value;
    }
    std::string phase;
    std::int64_t operations = 0, steps = 0;
    for (const Span& span : t.spans) {
      if (t.tracks[span.track].kind != TrackKind::device) continue;
      if (span.kind == SpanKind::operation) {
        phase = t.names[span.name] == "online_again" ? "online" : t.names[span.name];
        operations += span.length().value;
      } else if (span.depth == 1) {
        steps += span.length().value;
        if (span.kind == SpanKind::work) spent[{phase, t.names[span.name]}] += span.length().value;
      }
    }
    EXPECT_EQ(booked, spent) << s.run.name;
    EXPECT_EQ(operations, steps) << s.run.name;
  }
  EXPECT_GE(looked_at, 5);
}

// Adds and onlinings are all that happens under the lock of quickstart: it is held as long.
TEST(timeline, device_hotplug_lock_is_held_as_long_as_operations_take) {
  const RunResult r = recorded(load("quickstart.toml", kSmall));
  const Timeline& t = r.recording->timeline;
  std::int64_t operations = 0, held = 0;
  for (const Span& span : t.spans) {
    if (span.kind == SpanKind::operation) operations += span.length().value;
    if (span.kind == SpanKind::hold && t.tracks[span.track].name == "device_hotplug_lock") {
      held += span.length().value;
      EXPECT_EQ(t.tracks[static_cast<std::size_t>(span.by)].kind, TrackKind::device);
    }
  }
  EXPECT_GT(held, 0);
  EXPECT_EQ(held, operations);
}

std::int64_t metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value.value();
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

// Of what is there; what is not is as long as is said.
TEST(timeline, zone_locks_are_held_and_waited_for_as_long_as_metrics_say) {
  for (const char* name : {"quickstart.toml", "busy-cache.toml"}) {
    const RunResult r =
        recorded(name == std::string("quickstart.toml") ? load(name, kSmall) : load(name));
    std::int64_t there = 0, others = 0;
    for (const Span& span : r.recording->timeline.spans) {
      const Track& track = r.recording->timeline.tracks[span.track];
      if (track.kind != TrackKind::lock) continue;
      (track.name.starts_with("zone_lock") ? there : others) += span.length().value;
    }
    const std::int64_t told = metric(r, "zone_lock_hold") + metric(r, "zone_lock_wait");
    const SpansKept& kept = r.recording->timeline.kinds[static_cast<std::size_t>(TrackKind::lock)];
    EXPECT_GT(there, 0);
    EXPECT_LE(there, told) << name;
    EXPECT_GE(there + kept.dropped_time.value, told) << name;
    EXPECT_GT(others, 0) << name;
  }
}

TEST(timeline, shows_kswapd_at_work_and_zones_that_are_short) {
  const RunResult r = recorded(load("busy-cache.toml"));
  bool kswapd = false, low = false, workload = false, boot = false;
  for (const Span& span : r.recording->timeline.spans) {
    const Track& track = r.recording->timeline.tracks[span.track];
    kswapd = kswapd || (track.name.starts_with("kswapd") && span.kind == SpanKind::work);
    low = low || (track.kind == TrackKind::node && span.kind == SpanKind::watermark);
    workload = workload || track.kind == TrackKind::workload;
    boot = boot || track.kind == TrackKind::boot;
  }
  EXPECT_TRUE(kswapd);
  EXPECT_TRUE(low);
  EXPECT_TRUE(workload);
  EXPECT_TRUE(boot);
}

}  // namespace
}  // namespace mhp::run::timeline_test
