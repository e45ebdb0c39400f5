// Offlining of blocks whose pages find nothing free: what it takes from those who run there, and
// when it does not end.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/run/run.hpp"

namespace mhp::run::offline_test {
namespace {

/// 512 MiB of boot memory and four blocks in Movable, which fill and go after a while.
RunResult play(std::vector<std::string> settings) {
  settings.insert(
      settings.begin(),
      {"machine.node.0.memory=512MiB", "hotplug.0.size=512MiB", "hotplug.0.online=online_movable",
       "hotplug.0.unplug_after=10s", "hotplug.1.size=128MiB", "hotplug.1.at=1h", "until=60s"});
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/unplug.toml", settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return simulate(*s, {});
}

const char* const kCache =
    R"(workload={kind="page_cache", files="4GiB", extent="64KiB", interval="5ms", hot_percent=100})";
const char* const kAnon =
    R"(workload={kind="anon_growth", interval="100ms", step="16MiB", extent="16KiB", touched_percent=0, limit="700MiB"})";

std::int64_t metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value.value_or(-1);
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

std::int64_t offlined(const RunResult& r) {
  return std::count_if(r.operations.begin(), r.operations.end(), [](const Operation& op) {
    return op.kind == Operation::Kind::offline && op.status == kernel::Status::ok;
  });
}

TEST(offlining, a_dimm_full_of_page_cache_goes_and_the_cache_pays) {
  const RunResult r = play({kCache});
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  EXPECT_EQ(metric(r, "removed_bytes"), 512 * kMiB);
  EXPECT_GT(metric(r, "offline_pages_moved"), 100'000);
  EXPECT_GT(metric(r, "offline_pages_reclaimed"), metric(r, "offline_pages_moved") / 2);
  EXPECT_GT(metric(r, "offline_time"), 0);
  EXPECT_EQ(metric(r, "oom_kill"), 0);
}

// Whoever waits for a block may give up, and says so.
TEST(offlining, by_a_process_ends_when_it_is_interrupted) {
  const std::vector<std::string> slow{
      kCache, "kernel.profile=" MHP_SOURCE_DIR "/configs/kernels/linux-6.1.toml",
      "hotplug.0.unplug_by=sysfs"};
  std::vector<std::string> killed = slow;
  killed.emplace_back("hotplug.0.offline_timeout=1ms");
  const RunResult r = play(killed);
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_NE(r.reason.find("does not end"), std::string::npos) << r.reason;
  EXPECT_LT(offlined(r), 4);
  EXPECT_EQ(metric(r, "removed_bytes"), 0);
  const Operation& last = r.operations.back();
  EXPECT_EQ(last.status, kernel::Status::eintr);
  EXPECT_LT((last.finished - last.started).value, kSecond.value) << "the pass that it is in ends";
}

TEST(offlining, of_anonymous_memory_swaps_or_finds_no_room) {
  const RunResult swaps = play({kAnon, "kernel.swap=4GiB"});
  EXPECT_EQ(swaps.outcome, Outcome::ok) << swaps.reason;
  EXPECT_EQ(metric(swaps, "removed_bytes"), 512 * kMiB);
  EXPECT_GT(metric(swaps, "offline_pages_swapped_out"), 50'000);
  const RunResult stays = play({kAnon});
  EXPECT_EQ(stays.outcome, Outcome::refused);
  EXPECT_NE(stays.reason.find("found no room elsewhere"), std::string::npos) << stays.reason;
  EXPECT_EQ(metric(stays, "removed_bytes"), 0);
  EXPECT_EQ(metric(stays, "oom_kill"), 0);
}

}  // namespace
}  // namespace mhp::run::offline_test
