// The scenarios of far memory and of many sockets: counts in closed form, and where the kernel
// refuses.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/run/run.hpp"

namespace mhp::run::large_machines_test {
namespace {

RunResult run_shipped(const char* name, const std::string& placement,
                      const std::vector<std::string>& settings = {}) {
  const auto s =
      config::load_scenario(std::string(MHP_SOURCE_DIR "/configs/scenarios/") + name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return simulate(*s, {.placement = placement});
}

std::int64_t metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value.value_or(-1);
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

std::int64_t failed_adds(const RunResult& r, kernel::Status status) {
  return std::count_if(r.operations.begin(), r.operations.end(), [&](const Operation& op) {
    return op.kind == Operation::Kind::add && op.status == status;
  });
}

// Socket 0 is nearest to the expander (255 ns; the other 95 ns more), and nobody has memory there
// yet. Half of the processors are on each socket: (113 + 208) / 2 ns to struct pages on socket 0,
// (255 + 350) / 2 on the expander.
TEST(far_expander, struct_pages_are_near_or_far_as_the_placement_says) {
  for (const auto& [placement, node, latency] :
       {std::tuple{"boot_memory", 0, 161}, std::tuple{"hotplugged_range", 2, 303}}) {
    const RunResult r = run_shipped("far-expander.toml", placement);
    EXPECT_EQ(r.outcome, Outcome::ok);
    EXPECT_EQ(r.blocks.size(), 512 * kGiB / (2 * kGiB));
    for (const BlockState& b : r.blocks) EXPECT_EQ(b.memmap_node, NodeId{node});
    EXPECT_EQ(metric(r, "memmap_latency"), latency);
    EXPECT_EQ(metric(r, "memmap_pages_boot") + metric(r, "memmap_pages_range"),
              512 * kGiB / 64 / kPageSize);
    EXPECT_EQ(metric(r, "usable_bytes") + kPageSize * metric(r, "page_table_pages"),
              512 * kGiB / 64 * 63);
    EXPECT_EQ(metric(r, "gigantic_pages_possible"), 0) << "ZONE_MOVABLE gives none";
  }
}

// 1024 pageblocks a block, 256 blocks into a zone that was empty: block k walks over 1024 k
// pageblocks and fails at the next; twice with the memmap in the range.
TEST(far_expander, blocks_walk_over_those_before_them) {
  const std::int64_t walks = 1024 * (256 * 255 / 2) + 256;
  EXPECT_EQ(metric(run_shipped("far-expander.toml", "boot_memory"), "contiguity_checks"), walks);
  EXPECT_EQ(metric(run_shipped("far-expander.toml", "hotplugged_range"), "contiguity_checks"),
            2 * walks);
}

// configs/devices/cxl-expander.toml: 5 s + 1 s + 200 ms + 10 s + 12 * 10 ms + 2 * 1 ms + 50 ms +
// 5 ms.
TEST(far_expander, the_kernel_hears_of_it_when_its_stages_are_over) {
  const RunResult r = run_shipped("far-expander.toml", "boot_memory");
  EXPECT_EQ(r.operations.front().submitted, SimTime{16'377'000'000});
}

// The farther the memmap, the longer it takes; a near memmap does not care.
TEST(far_expander, a_slower_link_costs_the_far_memmap_alone) {
  const std::string slower = "machine.link.1.latency=297ns";
  EXPECT_GT(
      metric(run_shipped("far-expander.toml", "hotplugged_range", {slower}), "time_to_online"),
      metric(run_shipped("far-expander.toml", "hotplugged_range"), "time_to_online"));
  EXPECT_EQ(metric(run_shipped("far-expander.toml", "boot_memory", {slower}), "time_to_online"),
            metric(run_shipped("far-expander.toml", "boot_memory"), "time_to_online"));
}

// The GPU's node gets Movable memory alone, so its struct pages lie with the processors. 3 s until
// the GPU is up, and 95 GiB cleared at 1000 GB/s.
TEST(grace_gpu_memory, comes_when_the_gpu_is_up_and_its_struct_pages_stay_at_home) {
  const RunResult r = run_shipped("grace-gpu-memory.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::ok);
  ASSERT_FALSE(r.operations.empty());
  EXPECT_EQ(r.operations.front().submitted.value / 1'000'000, 3102);
  EXPECT_EQ(r.blocks.size(), 95 * kGiB / (512 * kMiB));
  for (const BlockState& b : r.blocks) EXPECT_EQ(b.memmap_node, NodeId{0});
  EXPECT_EQ(metric(r, "memmap_latency"), 205);
}

// With pages of 64 KiB a block's memmap is 8 pages, and may not lie in the block: it would fill a
// pageblock of 512 MiB. With pages of 4 KiB it takes 16 times as much, and may.
TEST(grace_gpu_memory, page_size_decides_what_struct_pages_cost_and_where_they_may_lie) {
  const RunResult large = run_shipped("grace-gpu-memory.toml", "hotplugged_range");
  EXPECT_EQ(large.outcome, Outcome::refused);
  EXPECT_EQ(metric(large, "memmap_pages_boot"), 95 * kGiB / (512 * kMiB) * 8);
  EXPECT_EQ(metric(large, "overhead_memmap_boot"), 95 * kGiB / 1024);
  const RunResult small =
      run_shipped("grace-gpu-memory.toml", "hotplugged_range", {"kernel.architecture=arm64-4k"});
  EXPECT_EQ(small.outcome, Outcome::ok);
  EXPECT_EQ(metric(small, "overhead_memmap_range"), 95 * kGiB / 64);
  // Each 2 MiB of the direct map needs a table of single pages all the same.
  EXPECT_GE(metric(small, "overhead_page_tables"), 95 * kGiB / 512);
}

TEST(grace_gpu_memory, a_kernel_of_another_architecture_does_not_run_there) {
  const auto scenario = config::load_scenario(
      MHP_SOURCE_DIR "/configs/scenarios/grace-gpu-memory.toml", {"kernel.architecture=ppc64-64k"});
  ASSERT_FALSE(scenario.has_value());
  EXPECT_NE(scenario.error().front().text().find("does not run on Grace Hopper"),
            std::string::npos);
}

// A PC keeps devices below 4 GiB for its firmware; elsewhere memory follows memory.
TEST(devices, follow_boot_memory_at_a_whole_gigabyte) {
  for (const auto& [arch, start] : {std::pair{"x86-64", 4 * kGiB}, std::pair{"arm64-4k", 2 * kGiB},
                                    std::pair{"ppc64-4k", kGiB}}) {
    const RunResult r =
        run_shipped("small-guest.toml", "boot_memory",
                    {std::string("kernel.architecture=") + arch, "hotplug.0.size=1GiB"});
    ASSERT_FALSE(r.blocks.empty()) << arch << ": " << r.reason;
    EXPECT_EQ(r.blocks.front().start, Pfn{start / kPageSize}) << arch;
  }
}

// On arm64 that Debian builds, 64 MiB are for movable memory alone; what fails for want of memory
// says so.
TEST(small_guest, cma_is_told_apart_from_what_the_kernel_may_have) {
  const RunResult r =
      run_shipped("small-guest.toml", "boot_memory", {"kernel.architecture=arm64-4k"});
  EXPECT_EQ(r.outcome, Outcome::enomem);
  EXPECT_NE(r.reason.find("16384 of them for movable memory alone (CMA)"), std::string::npos)
      << r.reason;
}

// A kernel without CONFIG_ACPI_HOTPLUG_MEMORY: nothing comes, and nobody is told.
TEST(acpi, a_kernel_without_the_driver_ignores_a_dimm) {
  const RunResult r =
      run_shipped("quickstart.toml", "boot_memory", {"kernel.acpi_hotplug_memory=false"});
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_NE(r.reason.find("ignores it"), std::string::npos);
  EXPECT_TRUE(r.blocks.empty());
  EXPECT_EQ(metric(r, "mem_total_delta"), 0);
}

// Assignment 1 s and drmgr 13 ms once, then 23 ms of firmware before each of 4096 blocks. Where a
// grace period is shorter than that, each block but the first, which waits anyhow, waits for
// another.
TEST(lpar_growth, firmware_is_asked_for_each_block_and_lets_grace_periods_pass) {
  const auto took = [](const std::string& acquire, const std::string& grace) {
    const RunResult r =
        run_shipped("lpar-growth.toml", "boot_memory",
                    {"hotplug.0.device.acquire=" + acquire, "costs.rcu_grace_period=" + grace});
    EXPECT_EQ(r.outcome, Outcome::ok);
    EXPECT_EQ(r.blocks.size(), kTiB / (256 * kMiB));
    EXPECT_EQ(r.operations.front().submitted, SimTime{1'013'000'000});
    return (r.operations.back().finished - r.operations.front().submitted).value;
  };
  constexpr std::int64_t kMs = 1'000'000;
  EXPECT_EQ(took("23ms", "30ms") - took("0s", "30ms"), 4096 * 23 * kMs);
  EXPECT_EQ(took("23ms", "10ms") - took("0s", "10ms"), 4096 * 23 * kMs + 4095 * 10 * kMs);
}

// 32 TiB are 16,384 blocks of 2 GiB. Every block walks over the boot memory of its socket, 2^21
// pageblocks, and fails in the hole before the board; socket 0 has 1024 pageblocks less in its
// Normal zone (2 GiB below 4 GiB). Every socket's memmap stays at home.
TEST(eight_sockets, grow_to_64_TiB) {
  const std::int64_t walks = 2048 * (8 * ((std::int64_t{1} << 21) + 1) - 1024);
  for (const auto& [placement, times] :
       {std::pair{"boot_memory", 1}, std::pair{"hotplugged_range", 2}}) {
    const RunResult r = run_shipped("eight-sockets.toml", placement);
    EXPECT_EQ(r.outcome, Outcome::ok);
    EXPECT_EQ(r.blocks.size(), 16'384u);
    EXPECT_EQ(metric(r, "contiguity_checks"), times * walks);
    EXPECT_EQ(metric(r, "memmap_pages_boot") + metric(r, "memmap_pages_range"),
              512 * kGiB / kPageSize);
    EXPECT_EQ(metric(r, "mem_total_delta"),
              32 * kTiB - kPageSize * metric(r, "memmap_pages_range"));
    const Pfn first = r.blocks.front().start;
    for (const BlockState& b : r.blocks)
      EXPECT_EQ(b.memmap_node.value, (b.start - first) / pages_of(Bytes{4 * kTiB}))
          << b.start.value;
  }
}

// Four levels map 64 TiB. 32 TiB at boot end 2 GiB above 32 TiB, so that the last of eight boards
// of 4 TiB ends above 64 TiB.
TEST(eight_sockets, with_four_level_tables_the_last_board_is_refused) {
  const RunResult r = run_shipped("eight-sockets.toml", "hotplugged_range", {"machine.la57=false"});
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_EQ(failed_adds(r, kernel::Status::e2big), 1);
  EXPECT_EQ(r.operations.back().status, kernel::Status::e2big);
  EXPECT_EQ(r.blocks.size(), 7 * 2048u);
}

// arch/x86/mm/kaslr.c where it shrinks the direct map: 32 TiB and a bit round up to 33, and 10
// more.
TEST(eight_sockets, with_a_randomised_direct_map_of_43_TiB_two_boards_fit) {
  const std::string shrinks = "kernel.profile.kaslr_direct_map_padding=10TiB";
  const RunResult r = run_shipped("eight-sockets.toml", "hotplugged_range", {shrinks});
  EXPECT_EQ(failed_adds(r, kernel::Status::e2big), 6);
  const RunResult fixed =
      run_shipped("eight-sockets.toml", "hotplugged_range", {shrinks, "kernel.kaslr=false"});
  EXPECT_EQ(failed_adds(fixed, kernel::Status::e2big), 0);
}

// The machine that boots with 64 TiB takes more with five levels, and nothing with four.
TEST(eight_sockets, beyond_64_TiB_needs_five_level_tables) {
  const std::string machine = "machine=" MHP_SOURCE_DIR "/configs/machines/eight-socket-64t.toml";
  for (const auto& [la57, refused] : {std::pair{true, 0}, std::pair{false, 8}}) {
    const auto s =
        config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/eight-sockets.toml", {machine});
    ASSERT_TRUE(s.has_value()) << s.error().front().text();
    config::Scenario scenario = *s;
    scenario.machine.general.la57 = la57;
    for (config::Hotplug& h : scenario.hotplug) h.params.size = Bytes{64 * kGiB};
    const RunResult r = simulate(scenario, {.placement = "hotplugged_range"});
    EXPECT_EQ(failed_adds(r, kernel::Status::e2big), refused);
    EXPECT_EQ(failed_adds(r, kernel::Status::ok), 8 - refused);
  }
}

// Workers of udev try again for a lock that others hold, however many they are: what a block costs
// does not grow with those that wait.
TEST(many_devices, events_grow_with_the_blocks_and_not_with_those_who_poll) {
  const auto events = [](int devices) {
    const RunResult r =
        run_shipped("quickstart.toml", "boot_memory",
                    {"workload={kind=\"idle\"}", "kernel.memory_block_size=128MiB",
                     "hotplug.*.size=128MiB", fmt::format("hotplug.0.count={}", devices)});
    EXPECT_EQ(r.outcome, Outcome::ok);
    return r.engine.executed;
  };
  const std::int64_t few = events(100);
  const std::int64_t many = events(400);
  EXPECT_LE(many, 4 * few + few / 4);
}

}  // namespace
}  // namespace mhp::run::large_machines_test
