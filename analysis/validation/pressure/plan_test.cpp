// Scenarios are made from recordings by rule.
#include "analysis/validation/pressure/plan.hpp"

#include <gtest/gtest.h>

#include "analysis/validation/pressure/model.hpp"
#include "sim/config/kernel_config.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::pressure::plan_test {
namespace {

const std::string kFolder = MHP_SOURCE_DIR "/analysis/validation/pressure/recordings/";
const std::string kConfigs = MHP_SOURCE_DIR "/configs";

Recording shipped(const std::string& name) {
  auto read = load_recording(kFolder + name + ".json");
  EXPECT_TRUE(read.has_value()) << name;
  return std::move(*read);
}

bool has(const Plan& plan, const std::string& text) {
  return plan.toml.find(text) != std::string::npos;
}

// Steps last as long as in the slowest run, the first one from 1 s on: 0.49 + 2.78 s before the
// first process, whose 400 MiB took 20.1 s.
TEST(Plan, steps_begin_when_those_before_have_taken_as_long_as_recorded) {
  const Recording r = shipped("q-612-1G-anonswap-16G-mom0");
  const auto plan = plan_of(r, kConfigs);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->begins[2], kMillisecond * 4270);
  EXPECT_EQ(plan->begins[3], kMillisecond * 24370);
  EXPECT_TRUE(has(*plan, "steps = [\"until 4270000us\", \"hold 400MiB\"]"));
  EXPECT_TRUE(has(*plan, "steps = [\"until 24370000us\", \"hold 350MiB\"]"));
  EXPECT_TRUE(has(*plan, "swap = \"8388604KiB\""));
  EXPECT_TRUE(has(*plan, "size = \"16384MiB\""));
  EXPECT_TRUE(plan->left_out.empty());
}

TEST(Plan, a_file_is_one_script_with_all_that_happens_to_it) {
  const auto plan = plan_of(shipped("q-612-1G-hot-16G-mom0"), kConfigs);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->files.size(), 2u);
  std::size_t reads = 0;
  for (std::size_t at = 0; (at = plan->toml.find("\"read 0MiB 250MiB\"", at)) != std::string::npos;
       ++at)
    ++reads;
  EXPECT_EQ(reads, 4u);
}

TEST(Plan, blocks_go_online_and_offline_when_they_did) {
  const auto cache = plan_of(shipped("q-612-512M-offline-cache"), kConfigs);
  ASSERT_TRUE(cache);
  EXPECT_TRUE(has(*cache, "online = \"online_movable\""));
  EXPECT_TRUE(has(*cache, "offline_blocks = 4"));
  EXPECT_TRUE(has(*cache, "memmap_placement = \"hotplugged_range\""));
  const auto anon = plan_of(shipped("q-612-512M-offline-anon"), kConfigs);
  ASSERT_TRUE(anon);
  EXPECT_TRUE(has(*anon, "offline_blocks = 1"));
}

TEST(Plan, writes_to_nr_hugepages_are_a_pool) {
  const auto plan = plan_of(shipped("q-61-1G-cache-hugetlb"), kConfigs);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(has(*plan, "writes = [\"300 at "));
  EXPECT_TRUE(has(*plan, "\"2000 at "));
  EXPECT_EQ(plan->pool, 1u);
}

// The map of 8 GiB of swap, modules and the file system: 2,000 pages about that nobody names.
TEST(Plan, what_set_up_takes_is_not_free) {
  Recording r = shipped("q-612-512M-grow-swap");
  const auto reserved = [&] {
    const auto plan = plan_of(r, kConfigs);
    const auto scenario = scenario_of(*plan, r);
    return scenario->kernel.reserved_memory.value / (4 * kKiB);
  };
  const std::int64_t with = reserved();
  for (auto& run : r.runs) run.steps.resize(1);
  EXPECT_GT(with - reserved(), 1500);
  EXPECT_LT(with - reserved(), 2500);
}

TEST(Plan, as_many_pages_are_free_at_boot_as_recorded) {
  Recording r = shipped("q-61-512M-offline-watch");
  for (auto& run : r.runs) run.steps.resize(1);
  PageCount recorded;
  for (const auto& run : r.runs) recorded += run.steps[0].snapshot->free_and_listed();
  const auto plan = plan_of(r, kConfigs);
  ASSERT_TRUE(plan);
  const auto scenario = scenario_of(*plan, r);
  ASSERT_TRUE(scenario);
  const machine::Topology topology(scenario->machine);
  PageCount free;
  for (const auto& z : kernel::boot(machine::describe(scenario->machine, topology),
                                    config::kernel_config(*scenario), scenario->architecture)
                           .zones)
    free += z.managed;
  EXPECT_EQ(free.value, recorded.value / 2);
}

TEST(Plan, what_it_leaves_out_is_told) {
  const auto reader = plan_of(shipped("q-612-1G-reader-16G-mom0"), kConfigs);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->comparable);
  ASSERT_EQ(reader->left_out.size(), 1u);
  EXPECT_EQ(reader->left_out[0].what, "cmd reader /d/f 0 1400 128 500");
  Recording r = shipped("q-612-1G-cache-16G-mom1");
  r.runs[0].steps[1].op = Op::setting;
  r.runs[0].steps[1].name = "/proc/sys/vm/dirty_ratio";
  EXPECT_EQ(plan_of(r, kConfigs)->left_out.size(), 1u);
  r.runs[0].steps[1].name = "/proc/sys/vm/swappiness";
  r.runs[0].steps[1].value = 150;
  const auto swappy = plan_of(r, kConfigs);
  EXPECT_TRUE(has(*swappy, "swappiness = 150"));
  EXPECT_TRUE(swappy->left_out.empty());
}

TEST(Plan, a_guest_that_cannot_be_is_refused) {
  Recording r = shipped("q-612-1G-cache-16G-mom1");
  r.memory = Bytes{512 * kMiB};
  const auto more = plan_of(r, kConfigs);
  ASSERT_FALSE(more);
  EXPECT_NE(more.error().front().problem.find("more memory was free"), std::string::npos);
  r = shipped("q-612-1G-cache-16G-mom1");
  r.runs[0].steps[1].wall = kSecond * 7200;
  EXPECT_FALSE(plan_of(r, kConfigs));
}

}  // namespace
}  // namespace mhp::pressure::plan_test
