// What holds of every run under pressure, whichever LRU the kernel has: pages that come and go add
// up, and a smaller machine reclaims no less.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "sim/run/run.hpp"

namespace mhp::run::under_pressure_test {
namespace {

/// A guest of 256 MiB in which scripts run, until the last has come to its end.
RunResult play(const std::string& workloads, bool generations, std::int64_t reserved_mib,
               const std::vector<std::string>& more = {}) {
  std::vector<std::string> settings{
      "until=20s",
      "hotplug.0.at=19s",
      "hotplug.0.size=1GiB",
      "kernel.memmap_placement=hotplugged_range",
      "kernel.lru_gen=" + std::string(generations ? "on" : "off"),
      "kernel.reserved_memory=" + std::to_string(reserved_mib) + "MiB",
      "workload=" + workloads};
  settings.insert(settings.end(), more.begin(), more.end());
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml", settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return simulate(*s, {});
}

std::int64_t metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value.value_or(-1);
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

std::string script(const std::string& steps) {
  return "{kind=\"script\", storage_latency=\"10us\", storage_bandwidth=\"2GB/s\", steps=[" +
         steps + "]}";
}

std::string mib(std::int64_t n) { return std::to_string(n) + "MiB"; }

// A page is in the cache or was reclaimed, once for each time that it was brought in.
RC_GTEST_PROP(under_pressure, pages_of_a_file_add_up, ()) {
  const bool generations = *rc::gen::arbitrary<bool>();
  const std::int64_t size = *rc::gen::inRange(32, 400);
  const std::int64_t again = *rc::gen::inRange<std::int64_t>(1, size + 1);
  const RunResult r =
      play(script("\"read " + mib(size) + "\", \"read " + mib(again) + "\""), generations, 40);
  const std::int64_t in = size * 256 + metric(r, "workload_pages_refaulted");
  RC_ASSERT(metric(r, "workload_steps_finished") == 2);
  RC_ASSERT(metric(r, "workload_cached_pages") + metric(r, "workload_pages_reclaimed") == in);
  RC_ASSERT(metric(r, "workload_pages_reclaimed") ==
            metric(r, "pgsteal_kswapd") + metric(r, "pgsteal_direct"));
  RC_ASSERT(metric(r, "workload_pages_refaulted") <= again * 256);
}

// What the kernel counts as refaults is what the process had to bring in again.
RC_GTEST_PROP(under_pressure, refaults_are_what_had_to_come_back, ()) {
  const bool generations = *rc::gen::arbitrary<bool>();
  const std::int64_t size = *rc::gen::inRange(180, 360);
  const RunResult r =
      play(script("\"read " + mib(size) + "\", \"read " + mib(size) + "\""), generations, 40);
  RC_ASSERT(metric(r, "workload_pages_refaulted") == metric(r, "workingset_refault_file"));
  RC_ASSERT(metric(r, "workingset_refault_anon") == 0);
}

// The same work on less memory: what does not fit has to go, give or take what kswapd takes in one
// round beyond what is asked.
RC_GTEST_PROP(under_pressure, less_memory_makes_as_much_more_reclaim, ()) {
  constexpr std::int64_t kRound = 4096;
  const bool generations = *rc::gen::arbitrary<bool>();
  const std::string work = script("\"read " + mib(*rc::gen::inRange(100, 400)) + "\"");
  const std::int64_t reserved = *rc::gen::inRange(12, 70);
  const std::int64_t less = *rc::gen::inRange(8, 60);
  const std::int64_t more = metric(play(work, generations, reserved), "workload_pages_reclaimed");
  const std::int64_t tight =
      metric(play(work, generations, reserved + less), "workload_pages_reclaimed");
  RC_ASSERT(tight + kRound >= more);
  if (more > 0) RC_ASSERT(tight + kRound >= more + less * 256);
  if (more > 0) RC_ASSERT(tight <= more + less * 256 + kRound);
}

// Anonymous memory is in memory or in swap, and no more goes out than was written.
RC_GTEST_PROP(under_pressure, pages_of_a_process_add_up, ()) {
  const bool generations = *rc::gen::arbitrary<bool>();
  const std::int64_t size = *rc::gen::inRange(32, 320);
  const RunResult r =
      play(script("\"hold " + mib(size) + "\", \"touch\""), generations, 40, {"kernel.swap=1GiB"});
  RC_ASSERT(metric(r, "workload_killed") == 0);
  RC_ASSERT(metric(r, "workload_resident_pages") + metric(r, "workload_swapped_pages") ==
            size * 256);
  RC_ASSERT(metric(r, "pswpin") == metric(r, "workload_pages_refaulted"));
  RC_ASSERT(metric(r, "workload_pages_reclaimed") <= metric(r, "pswpout") + metric(r, "pswpin"));
}

}  // namespace
}  // namespace mhp::run::under_pressure_test
