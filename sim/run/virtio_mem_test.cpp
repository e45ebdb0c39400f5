// What becomes of a virtio-mem device over a run: requests in time and by free memory, retries, and
// what a user hears of it.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/run/run.hpp"

namespace mhp::run::virtio_mem_test {
namespace {

RunResult play(const char* file, const std::vector<std::string>& settings) {
  const auto s =
      config::load_scenario(std::string(MHP_SOURCE_DIR "/configs/scenarios/") + file, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return simulate(*s, {});
}

std::int64_t metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value.value_or(-1);
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

// 4 GiB, 1098 MiB (8 blocks and 37 sub-blocks), 6 GiB.
TEST(virtio_mem, follows_what_is_requested_up_and_down) {
  const RunResult partly = play("virtio-resize.toml", {"until=110s"});
  EXPECT_EQ(partly.outcome, Outcome::ok);
  EXPECT_EQ(metric(partly, "virtio_mem_plugged"), 1098 * kMiB);
  EXPECT_EQ(metric(partly, "virtio_mem_partial_blocks"), 1);
  EXPECT_EQ(metric(partly, "mem_total_delta"), 1098 * kMiB);
  EXPECT_EQ(metric(partly, "removed_bytes"), (4096 - 1098) * kMiB);
  const RunResult all = play("virtio-resize.toml", {});
  EXPECT_EQ(metric(all, "virtio_mem_requests"), 4);
  EXPECT_EQ(metric(all, "virtio_mem_plugged"), 0);
  EXPECT_EQ(metric(all, "mem_total_delta"), 0);
}

// 4 GiB are in use in a guest of 2 GiB when the device's 4 GiB are to go: what fits nowhere else is
// tried again after 50 s, then after twice as long, up to 300 s.
TEST(virtio_mem, tries_again_in_50_100_200_300_300_s) {
  const RunResult r = play("virtio-resize.toml",
                           {"hotplug.0.requested=[\"0s 4GiB\", \"60s 0B\"]", "until=1100s",
                            "workload={kind=\"anon_growth\", interval=\"1s\", step=\"128MiB\", "
                            "limit=\"4GiB\", hold=\"1h\"}"});
  EXPECT_EQ(metric(r, "virtio_mem_retries"), 5);
  EXPECT_GT(metric(r, "virtio_mem_plugged"), 0);
  EXPECT_EQ(metric(r, "virtio_mem_requested"), 0);
  std::vector<double> waits;
  SimTime before;
  for (const Operation& op : r.operations) {
    if (op.kind != Operation::Kind::offline) continue;
    const double wait = static_cast<double>((op.started - before).value) / 1e9;
    if (before > SimTime{} && wait > 10) waits.push_back(wait);
    before = op.finished;
  }
  ASSERT_EQ(waits.size(), 5u);
  const double expected[] = {50, 100, 200, 300, 300};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(waits[i], expected[i], 0.5) << i;
}

// A process grows to 6 GiB in a guest of 2 GiB: the agent asks for a step whenever less than
// 512 MiB are free, and takes steps back once it has ended.
TEST(virtio_mem, an_agent_keeps_memory_free_between_two_marks) {
  const std::vector<std::string> agent{"hotplug.0.requested=[]",
                                       "hotplug.0.requested_by=agent",
                                       "hotplug.0.free_below=512MiB",
                                       "hotplug.0.free_above=3GiB",
                                       "hotplug.0.request_step=1GiB",
                                       "hotplug.0.check_every=1s",
                                       "workload={kind=\"anon_growth\", interval=\"1s\", "
                                       "step=\"64MiB\", limit=\"6GiB\", hold=\"60s\"}"};
  auto at = [&](const char* until) {
    std::vector<std::string> settings = agent;
    settings.push_back(std::string("until=") + until);
    return play("virtio-resize.toml", settings);
  };
  const RunResult grown = at("110s");
  EXPECT_GE(metric(grown, "virtio_mem_plugged"), 4 * kGiB);
  EXPECT_LE(metric(grown, "virtio_mem_plugged"), 6 * kGiB);
  EXPECT_EQ(metric(grown, "workload_killed"), 0);
  EXPECT_LT(metric(at("175s"), "virtio_mem_plugged"), metric(grown, "virtio_mem_plugged"));
}

TEST(virtio_mem, a_request_may_wait_for_free_memory) {
  const RunResult r =
      play("virtio-resize.toml", {"hotplug.0.requested=[\"0s 1GiB\", \"free<1GiB 2GiB\"]",
                                  "hotplug.0.check_every=1s", "until=2min",
                                  "workload={kind=\"anon_growth\", interval=\"1s\", "
                                  "step=\"64MiB\", limit=\"2GiB\", hold=\"5min\"}"});
  EXPECT_EQ(metric(r, "virtio_mem_requested"), 2 * kGiB);
  EXPECT_EQ(metric(r, "virtio_mem_requests"), 2);
}

TEST(virtio_mem, no_kernel_places_its_memmap_in_the_range_and_the_run_says_so) {
  const RunResult r =
      play("virtio-resize.toml", {"kernel.memmap_placement=hotplugged_range", "until=30s"});
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_NE(r.reason.find("virtio-mem"), std::string::npos) << r.reason;
}

}  // namespace
}  // namespace mhp::run::virtio_mem_test
