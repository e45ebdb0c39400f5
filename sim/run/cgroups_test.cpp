// Workloads in memory cgroups beside a hot-add: who loses, who is killed, who is slowed down.
#include <gtest/gtest.h>

#include "sim/run/run.hpp"

namespace mhp::run::cgroups_test {
namespace {

/// A guest of 256 MiB that gets 4 GiB after a minute; their memmap takes 64 MiB of boot memory.
RunResult play(std::vector<std::string> settings) {
  settings.insert(settings.end(),
                  {"hotplug.0.size=4GiB", "hotplug.0.at=60s", "kernel.reserved_memory=40MiB"});
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml", settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return simulate(*s, {.placement = "boot_memory"});
}

std::int64_t metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name && m.value) return *m.value;
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

constexpr std::int64_t kPages = 256;  ///< of 4 KiB in a MiB

RunResult play_two_caches(const char* lru_gen) {
  return play({std::string("kernel.lru_gen=") + lru_gen,
               R"(cgroup=[{name="kept", memory_low="80MiB"}, {name="given"}])",
               R"(workload=[{kind="script", name="a", cgroup="kept", steps=["read 80MiB"]},
                            {kind="script", name="b", cgroup="given", steps=["read 80MiB"]}])"});
}

TEST(cgroups, memory_low_decides_whose_cache_makes_room_for_the_memmap) {
  const RunResult r = play_two_caches("off");
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "cgroup_kept_memory_peak"), 80 * kPages);
  EXPECT_EQ(metric(r, "cgroup_kept_reclaimed"), 0);
  EXPECT_EQ(metric(r, "cgroup_kept_events_low"), 0);
  EXPECT_GT(metric(r, "cgroup_given_reclaimed"), 16 * kPages);
  EXPECT_EQ(metric(r, "cgroup_given_reclaimed"), metric(r, "b_pages_reclaimed"));
}

// In 6.12 it only makes a cgroup wait for its turn there.
TEST(cgroups, with_generations_memory_low_spares_little) {
  const RunResult r = play_two_caches("on");
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_GT(metric(r, "cgroup_kept_reclaimed"), 0);
  EXPECT_LE(metric(r, "cgroup_kept_reclaimed"), metric(r, "cgroup_given_reclaimed"));
  EXPECT_GT(metric(r, "cgroup_kept_events_low"), 0);
}

TEST(cgroups, at_memory_max_a_process_of_the_cgroup_is_killed) {
  const RunResult r = play(
      {R"(cgroup=[{name="tight", memory_max="32MiB"}])",
       R"(workload=[{kind="script", name="a", cgroup="tight", steps=["hold 20MiB", "hold 20MiB"]},
                    {kind="script", name="b", steps=["hold 60MiB"]}])"});
  EXPECT_EQ(metric(r, "a_killed"), 1);
  EXPECT_EQ(metric(r, "a_steps_finished"), 1);
  EXPECT_EQ(metric(r, "b_killed"), 0);
  EXPECT_EQ(metric(r, "cgroup_tight_events_oom_kill"), 1);
  EXPECT_EQ(metric(r, "cgroup_tight_memory_peak"), 32 * kPages);
  EXPECT_EQ(metric(r, "cgroup_tight_memory_current"), 0) << "stocks were taken back";
  EXPECT_EQ(metric(r, "oom_kill"), 1);
}

// __GFP_ACCOUNT. Nobody has memory whose end would help: the write to the pipe fails.
TEST(cgroups, what_a_process_fills_pipes_with_is_charged) {
  const RunResult r = play(
      {R"(cgroup=[{name="tight", memory_max="4MiB"}])",
       R"(workload={kind="script", name="a", cgroup="tight", steps=["unmovable 8MiB 4", "free"]})"});
  EXPECT_EQ(metric(r, "cgroup_tight_memory_peak"), 4 * kPages);
  EXPECT_EQ(metric(r, "cgroup_tight_memory_current"), 0);
  EXPECT_EQ(metric(r, "a_failures"), 1);
  EXPECT_EQ(metric(r, "a_killed"), 0);
}

TEST(cgroups, above_memory_high_only_its_own_process_is_slowed_down) {
  const RunResult r =
      play({R"(cgroup=[{name="slow", memory_high="16MiB"}, {name="free"}])",
            R"(workload=[{kind="script", name="a", cgroup="slow", steps=["hold 20MiB"]},
                    {kind="script", name="b", cgroup="free", steps=["hold 20MiB"]}])"});
  EXPECT_GT(metric(r, "cgroup_slow_high_delay"), kSecond.value);
  EXPECT_GE(metric(r, "a_stall_time"), metric(r, "cgroup_slow_high_delay"));
  EXPECT_GT(metric(r, "cgroup_slow_events_high"), 0);
  EXPECT_EQ(metric(r, "a_killed"), 0);
  EXPECT_EQ(metric(r, "b_stall_time"), 0);
  EXPECT_EQ(metric(r, "cgroup_free_events_high"), 0);
}

// A segment outlives the processes that map it: killing all of them frees nothing of it, and then
// the charge fails. Without swap nothing of it can be taken.
TEST(cgroups, a_segment_above_the_limit_ends_its_processes_and_no_run) {
  const RunResult r = play(
      {"machine.node.0.memory=4GiB", "until=500ms",
       R"(cgroup=[{name="limited", memory_max="200MiB"}])",
       R"(workload=[{kind="shared_memory", name="a", segment="1GiB", processes=3, cgroup="limited"}])"});
  EXPECT_GT(metric(r, "a_killed"), 0);
  EXPECT_EQ(metric(r, "cgroup_limited_memory_peak"), 200 * kPages);
}

}  // namespace
}  // namespace mhp::run::cgroups_test
