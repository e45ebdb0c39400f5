// Failure stories that ship as scenarios: outcomes and page counts, which follow from the
// mechanism and must not drift; and what holds of every scenario.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/run/run.hpp"

namespace mhp::run::stories_test {
namespace {

RunResult play(const std::string& name, const std::string& placement,
               const std::vector<std::string>& settings = {}) {
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return simulate(*s, {.placement = placement});
}

std::optional<std::int64_t> metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value;
  ADD_FAILURE() << "no metric " << name;
  return std::nullopt;
}

std::int64_t adds(const RunResult& r, kernel::Status status) {
  return std::count_if(r.operations.begin(), r.operations.end(), [&](const Operation& op) {
    return op.kind == Operation::Kind::add && op.status == status;
  });
}

// 12 GiB need 12 GiB / 64 = 192 MiB of memmap.
TEST(kata, forty_eight_times_the_memory_fits) {
  const RunResult r = play("kata-48x.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "memmap_pages_boot"), 49'152);
  EXPECT_EQ(metric(r, "mem_total_delta"), 12 * kGiB);
  EXPECT_EQ(play("kata-48x.toml", "hotplugged_range").outcome, Outcome::ok);
}

// 15 GiB would need 240 MiB. What the sections before the last had taken stays taken.
TEST(kata, sixty_times_does_not_and_leaks) {
  const RunResult r = play("kata-60x.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::enomem);
  EXPECT_EQ(metric(r, "mem_total_delta"), 0);
  EXPECT_EQ(metric(r, "memmap_pages_boot"), 104 * 512) << "sections of 128 MiB, of 120";
  EXPECT_EQ(metric(r, "usable_bytes"), -104 * 2 * kMiB);
  EXPECT_EQ(play("kata-60x.toml", "hotplugged_range").outcome, Outcome::ok);
}

// Each DIMM of 32 GiB takes 512 MiB of the first node. It has 4 GiB less 64 MiB of boot memmap less
// 100 MiB: seven times 512 MiB, and not eight.
TEST(movable_only, boot_memory_pays_for_seven_DIMMs_of_eight) {
  const RunResult r = play("movable-only.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::enomem);
  EXPECT_EQ(adds(r, kernel::Status::ok), 7);
  EXPECT_EQ(metric(r, "mem_total_delta"), 7 * 32 * kGiB);
  EXPECT_EQ(metric(r, "memmap_pages_boot"), (7 * 256 + 122) * 512)
      << "and 122 sections of the last";
  EXPECT_EQ(play("movable-only.toml", "hotplugged_range").outcome, Outcome::ok);
}

TEST(movable_only, kernel_memory_of_the_first_pays_for_those_after_it) {
  EXPECT_EQ(play("movable-only.toml", "boot_memory", {"hotplug.0.online=online_kernel"}).outcome,
            Outcome::ok);
}

// auto_movable_ratio is 301 %: of a machine with 3.8 GiB of boot memory the first DIMM cannot be
// movable, and what follows may be up to three times the kernel memory.
TEST(movable_only, the_auto_movable_ratio_keeps_enough_kernel_memory) {
  const RunResult r = play("movable-only.toml", "boot_memory",
                           {"kernel.online_policy=auto-movable", "hotplug.0.online=online"});
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "mem_total_delta"), 8 * 32 * kGiB);
}

// The failed add of 64 GiB leaves so little that 2 GiB, which need 32 MiB, do not come in either,
// and the program that would have fitted is killed.
TEST(failed_add, what_it_leaks_is_missed_by_the_next_add_and_by_programs) {
  const RunResult r = play("failed-add-leak.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::enomem);
  EXPECT_EQ(adds(r, kernel::Status::enomem), 2);
  EXPECT_EQ(metric(r, "mem_total_delta"), 0);
  EXPECT_EQ(metric(r, "memmap_pages_boot"), 449 * 512)
      << "449 sections of the 512 had their memmap";
  EXPECT_EQ(metric(r, "usable_bytes"), -449 * 2 * kMiB - kPageSize) << "and a page table";
  EXPECT_EQ(metric(r, "workload_killed"), 1);
  EXPECT_EQ(metric(r, "oom_kill"), 1);
}

TEST(failed_add, with_the_memmap_in_the_range_nothing_of_it_happens) {
  const RunResult r = play("failed-add-leak.toml", "hotplugged_range");
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "mem_total_delta"), 66 * kGiB / 64 * 63);
  EXPECT_EQ(metric(r, "workload_killed"), 0);
  EXPECT_EQ(metric(r, "workload_failures"), 0);
}

// 60 sections find one of the pageblocks that the driver has left whole or compaction makes whole,
// then the memmap is made of single pages.
TEST(memmap_runs_out, in_single_pages_and_in_the_midst_of_a_section) {
  const RunResult r = play("memmap-runs-out.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::enomem);
  EXPECT_EQ(metric(r, "mem_total_delta"), 0);
  EXPECT_EQ(metric(r, "memmap_pages_boot"), 171 * 512) << "171 sections were complete";
  EXPECT_EQ(metric(r, "memmap_base_pages"), 111 * 512) << "of them 111 in single pages";
  EXPECT_EQ(metric(r, "page_table_pages"), 111) << "a table for each of these";
  EXPECT_EQ(metric(r, "program_killed"), 1);
  EXPECT_EQ(play("memmap-runs-out.toml", "hotplugged_range").outcome, Outcome::ok);
}

// The second DIMM's memmap, 4 GiB / 64 = 64 MiB, lies in the first: one of its blocks stays.
TEST(blocked_unplug, a_later_memmap_holds_the_block) {
  const RunResult r = play("blocked-unplug.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_EQ(metric(r, "removed_bytes"), 0);
  EXPECT_EQ(metric(r, "mem_total_delta"), 8 * kGiB) << "what had gone offline came back";
  const auto count = [&](Operation::Kind kind, kernel::Status status) {
    return std::count_if(r.operations.begin(), r.operations.end(), [&](const Operation& op) {
      return op.kind == kind && op.status == status;
    });
  };
  EXPECT_EQ(count(Operation::Kind::offline, kernel::Status::ok), 31) << "32 blocks of 128 MiB";
  EXPECT_EQ(count(Operation::Kind::offline, kernel::Status::ebusy), 2) << "it is asked twice";
  EXPECT_EQ(count(Operation::Kind::online_again, kernel::Status::ok), 31);
  const RunResult movable =
      play("blocked-unplug.toml", "boot_memory", {"hotplug.0.online=online_movable"});
  EXPECT_EQ(movable.outcome, Outcome::ok);
  EXPECT_EQ(metric(movable, "removed_bytes"), 4 * kGiB);
  const RunResult range = play("blocked-unplug.toml", "hotplugged_range");
  EXPECT_EQ(range.outcome, Outcome::ok);
  EXPECT_EQ(metric(range, "removed_bytes"), 4 * kGiB);
}

// The same accesses; reclaim works on both, and a far memmap makes each one dearer.
TEST(cxl_reclaim, a_far_memmap_slows_the_page_cache_down) {
  const RunResult near = play("cxl-reclaim.toml", "boot_memory", {"until=10s"});
  const RunResult far = play("cxl-reclaim.toml", "hotplugged_range", {"until=10s"});
  EXPECT_EQ(near.outcome, Outcome::ok);
  EXPECT_EQ(metric(near, "memmap_pages_boot"), 16 * kGiB / 64 / kPageSize);
  EXPECT_EQ(metric(far, "memmap_pages_boot"), 0);
  EXPECT_GT(metric(near, "pgsteal_kswapd"), 0);
  EXPECT_GT(metric(far, "pgsteal_kswapd"), 0);
  // The mean is the storage's; half of all operations find their pages in the cache.
  EXPECT_GT(*metric(far, "workload_latency_p50"), *metric(near, "workload_latency_p50"));
}

TEST(on_demand, memory_comes_in_time_and_goes_again) {
  const RunResult r = play("on-demand.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "workload_killed"), 0);
  EXPECT_GT(adds(r, kernel::Status::ok), 0);
  EXPECT_GT(*metric(r, "removed_bytes"), 0);
}

TEST(on_demand, an_agent_that_looks_too_seldom_comes_too_late) {
  const RunResult r = play("on-demand.toml", "boot_memory", {"hotplug.0.check_every=60s"});
  EXPECT_GT(*metric(r, "workload_killed"), 0);
}

TEST(vm_fleet, an_hour_of_eight_nodes_ends_with_a_terabyte_more) {
  const RunResult r = play("vm-fleet.toml", "boot_memory", {"workload.interval=60s"});
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "mem_total_delta"), kTiB);
  EXPECT_GT(*metric(r, "workload_guests_started"), 300);
  EXPECT_GT(*metric(r, "workload_guests_ended"), 50);
}

TEST(replay, a_recording_is_replayed_whole) {
  const RunResult r = play("replay.toml", "boot_memory");
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "workload_operations"), 1600);
}

// Less free boot memory never makes it cheaper: the add takes no less time, leaves no more, and
// once it fails it fails from there on.
TEST(monotone, less_boot_memory_never_makes_boot_memory_cheaper) {
  std::int64_t last_usable = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_free = std::numeric_limits<std::int64_t>::max();
  bool failed = false;
  for (const int reserved : {16, 24, 32, 40, 48, 56, 64}) {
    const RunResult r = play("kata-48x.toml", "boot_memory",
                             {"kernel.reserved_memory=" + std::to_string(reserved) + "MiB"});
    EXPECT_FALSE(failed && r.outcome == Outcome::ok) << reserved;
    failed = r.outcome != Outcome::ok;
    if (failed) continue;
    EXPECT_LE(*metric(r, "usable_bytes"), last_usable) << reserved;
    EXPECT_LE(*metric(r, "free_pages_min"), last_free) << reserved;
    last_usable = *metric(r, "usable_bytes");
    last_free = *metric(r, "free_pages_min");
  }
  EXPECT_TRUE(failed);
}

TEST(monotone, more_bandwidth_never_makes_a_hot_add_later) {
  for (const char* placement : {"boot_memory", "hotplugged_range"}) {
    std::int64_t last = std::numeric_limits<std::int64_t>::max();
    for (const int bandwidth : {1, 2, 4, 8, 16, 32, 64}) {
      const RunResult r =
          play("kata-48x.toml", placement,
               {"machine.node.0.bandwidth=" + std::to_string(bandwidth) + "GB/s",
                "workload={kind=\"memory_stream\", array=\"4MiB\", chunk=\"1MiB\"}"});
      EXPECT_LE(*metric(r, "time_to_usable"), last) << bandwidth;
      last = *metric(r, "time_to_usable");
    }
  }
}

TEST(idle, a_machine_with_nobody_shows_no_stall) {
  for (const char* placement : {"boot_memory", "hotplugged_range"}) {
    const RunResult r =
        play("quickstart.toml", placement,
             {"hotplug.0.size=16GiB", "hotplug.1.size=16GiB", "workload={kind=\"idle\"}"});
    EXPECT_EQ(r.outcome, Outcome::ok);
    for (const char* name : {"workload_stalls", "workload_stall_time", "workload_failures",
                             "psi_some", "psi_full", "allocstall", "pgscan_kswapd", "oom_kill"})
      EXPECT_EQ(metric(r, name), 0) << name;
    EXPECT_GT(metric(r, "workload_operations"), 0);
  }
}

// Two that run together: each has its figures under its name, and the same draws as alone.
TEST(several_workloads, report_each_under_its_name) {
  const std::vector<std::string> base{
      "hotplug.0.size=16GiB", "hotplug.1.size=16GiB", "settle=2s",
      "workload=[{kind=\"buffer_pool\", name=\"database\"}, {kind=\"steady\"}]"};
  const RunResult r = play("quickstart.toml", "boot_memory", base);
  EXPECT_GT(*metric(r, "database_operations"), 0);
  EXPECT_GT(*metric(r, "database_latency_p99"), 0);
  EXPECT_GT(*metric(r, "steady_operations"), 0);
  EXPECT_EQ(r.fingerprint, play("quickstart.toml", "boot_memory", base).fingerprint);
}

}  // namespace
}  // namespace mhp::run::stories_test
