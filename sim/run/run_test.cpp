// Whole runs of the scenarios that ship: outcomes that published reports give, bounds that must
// hold, determinism.
#include "sim/run/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/placement/placement.hpp"
#include "sim/run/looks.hpp"

namespace mhp::run::run_test {
namespace {

config::Scenario load(const std::string& name, const std::vector<std::string>& settings = {}) {
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return std::move(*s);
}

std::optional<std::int64_t> metric(const RunResult& r, const std::string& name,
                                   const std::string& phase) {
  for (const Metric& m : r.metrics)
    if (m.name == name && word(m.phase) == phase) return m.value;
  ADD_FAILURE() << "no metric " << name << " of phase " << phase;
  return std::nullopt;
}

RunResult run_guest(const std::string& placement, const std::vector<std::string>& settings) {
  return simulate(load("small-guest.toml", settings), {.placement = placement});
}

// Less free boot memory never makes it the cheaper place: once an add fails it fails with less,
// too, and none is quicker. A thousandth is left to chance: which blocks are split, who held a lock
// last.
TEST(small_guest, less_free_memory_never_makes_boot_memory_cheaper) {
  std::int64_t slowest = 0;
  bool failed = false;
  for (const int mib : {20, 40, 60, 80, 100, 110, 115, 120, 125, 127}) {
    const RunResult r =
        run_guest("boot_memory",
                  {"hotplug.0.size=8GiB", "kernel.reserved_memory=" + std::to_string(mib) + "MiB"});
    EXPECT_FALSE(failed && r.outcome == Outcome::ok) << mib;
    failed = r.outcome != Outcome::ok;
    if (failed) continue;
    const std::int64_t time = metric(r, "time_to_usable", "run").value();
    EXPECT_GE(time, slowest - slowest / 1000) << mib;
    slowest = std::max(slowest, time);
  }
  EXPECT_TRUE(failed) << "128 MiB of memmap do not fit into what is left";
}

// Each byte is usable, memmap, a table, slab or padding; usable_bytes leaves slab out. What was
// reserved at boot is no part of what was added.
TEST(small_guest, what_was_added_is_usable_or_overhead) {
  for (const auto& [name, policy] : kernel::placements().entries()) {
    if (policy.reserves_at_boot) continue;
    const RunResult r = run_guest(name, {"hotplug.0.size=2GiB"});
    if (*metric(r, "mem_total_delta", "run") == 0) continue;
    EXPECT_EQ(*metric(r, "usable_bytes", "run") + *metric(r, "overhead_total", "run") -
                  *metric(r, "overhead_slab", "run"),
              2 * kGiB)
        << name;
    EXPECT_EQ(
        *metric(r, "overhead_memmap_boot", "run") + *metric(r, "overhead_memmap_range", "run"),
        2 * kGiB / 64)
        << name;
  }
}

// kata-containers issue 1621: 15 GiB need 240 MiB of memmap and a 256 MiB guest does not have them.
TEST(small_guest, fifteen_GiB_fail_with_ENOMEM_from_boot_memory) {
  const RunResult r = run_guest("boot_memory", {});
  EXPECT_EQ(r.outcome, Outcome::enomem);
  EXPECT_NE(r.reason, "");
  EXPECT_FALSE(metric(r, "time_to_add", "add").has_value());
  EXPECT_FALSE(metric(r, "time_to_online", "online").has_value());
  EXPECT_EQ(metric(r, "mem_total_delta", "run"), 0);
  EXPECT_LT(*metric(r, "usable_bytes", "run"), -150 * kMiB)
      << "what the failed add took stays taken";
}

TEST(small_guest, fifteen_GiB_fit_with_the_memmap_in_the_range) {
  const RunResult r = run_guest("hotplugged_range", {});
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "mem_total_delta", "run"), 15 * kGiB / 64 * 63);
  EXPECT_EQ(metric(r, "memmap_pages_boot", "add"), 0);
}

// With memory to spare nothing is scanned and nobody waits for memory; without, the failed add has
// tried to reclaim, and the guest stays below its watermarks.
TEST(small_guest, pressure_shows_where_the_memmap_takes_what_there_is) {
  const RunResult range = run_guest("hotplugged_range", {});
  for (const char* name : {"pgscan_kswapd", "pgscan_direct", "allocstall", "compact_stall",
                           "oom_kill", "psi_some", "time_below_low", "struct_pages_remote"})
    EXPECT_EQ(metric(range, name, "run"), 0) << name;
  const RunResult boot = run_guest("boot_memory", {});
  EXPECT_GT(*metric(boot, "allocstall", "run"), 0);
  EXPECT_EQ(metric(boot, "oom_kill", "run"), 0) << "the adder never kills";
  EXPECT_GT(*metric(boot, "time_below_low", "run"), 0);
  // A refill of a per-CPU list may take the zone below `min`, by less than a batch.
  EXPECT_LE(*metric(boot, "time_below_min", "run"), *metric(boot, "time_below_low", "run"));
}

// kata-containers PR 4862: 48 times the boot memory is the most that works at once.
TEST(small_guest, twelve_GiB_at_once_just_fit) {
  const RunResult r = run_guest("boot_memory", {"hotplug.0.size=12GiB"});
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "memmap_pages_boot", "add"), 12 * kGiB / 64 / kPageSize);
}

TEST(small_guest, steps_of_three_GiB_onlined_to_a_kernel_zone_work) {
  const RunResult steps = run_guest("boot_memory", {"hotplug.0.size=3GiB", "hotplug.0.count=5"});
  EXPECT_EQ(steps.outcome, Outcome::ok);
  EXPECT_EQ(metric(steps, "mem_total_delta", "run"), 15 * kGiB);
  // Onlined to Movable the earlier steps cannot give the memmap of the later ones.
  const RunResult movable = run_guest("boot_memory", {"hotplug.0.size=3GiB", "hotplug.0.count=5",
                                                      "hotplug.0.online=online_movable"});
  EXPECT_EQ(movable.outcome, Outcome::enomem);
}

// An idle machine: MemFree changes by the memmap and the tables at add, and by the pages onlined
// after.
TEST(metrics, are_consistent_with_each_other) {
  for (const char* placement : {"boot_memory", "hotplugged_range"}) {
    const RunResult r = run_guest(placement, {"hotplug.0.size=8GiB"});
    ASSERT_EQ(r.outcome, Outcome::ok);
    const auto taken =
        *metric(r, "memmap_pages_boot", "add") + *metric(r, "page_table_pages", "add");
    EXPECT_EQ(metric(r, "mem_free_delta", "add"), -taken);
    EXPECT_EQ(metric(r, "mem_free_delta", "run"),
              *metric(r, "mem_total_delta", "run") / kPageSize - taken);
    EXPECT_EQ(metric(r, "usable_bytes", "run"),
              *metric(r, "mem_total_delta", "run") - kPageSize * taken);
    EXPECT_EQ(*metric(r, "memmap_pages_boot", "add") + *metric(r, "memmap_pages_range", "add"),
              8 * kGiB / 64 / kPageSize);
  }
}

TEST(metrics, the_phases_follow_the_operations) {
  const RunResult r = run_guest("hotplugged_range", {"hotplug.0.size=3GiB", "hotplug.0.count=2"});
  SimTime last_add;
  SimTime last_online;
  SimTime first_notice{-1};
  for (const Operation& op : r.operations) {
    EXPECT_LE(op.submitted, op.started);
    EXPECT_LT(op.started, op.finished);
    if (op.kind == Operation::Kind::add) {
      if (first_notice.value < 0) first_notice = op.submitted;
      last_add = std::max(last_add, op.finished);
    } else {
      last_online = std::max(last_online, op.finished);
    }
  }
  EXPECT_EQ(metric(r, "time_to_add", "add"), (last_add - first_notice).value);
  EXPECT_EQ(metric(r, "time_to_online", "online"), (last_online - last_add).value);
}

TEST(placement, that_the_kernel_does_not_follow_is_reported_as_refused) {
  const RunResult r =
      run_guest("hotplugged_range",
                {"hotplug.0.size=3GiB", "kernel.profile.memmap_on_memory_multi_block=false"});
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_EQ(metric(r, "memmap_pages_range", "add"), 0) << "the kernel falls back to boot memory";
}

TEST(run, blocks_that_stay_offline_give_no_time_to_online) {
  const RunResult r = run_guest("hotplugged_range", {"hotplug.0.online=offline"});
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_TRUE(metric(r, "time_to_add", "add").has_value());
  EXPECT_FALSE(metric(r, "time_to_online", "online").has_value());
  EXPECT_FALSE(metric(r, "contiguity_checks", "online").has_value());
  EXPECT_EQ(metric(r, "mem_total_delta", "run"), 0);
}

// The kernel's own onlining happens in the adding thread, before the next device is added.
TEST(run, the_kernel_can_bring_blocks_online_itself) {
  const RunResult r =
      run_guest("boot_memory", {"hotplug.0.size=3GiB", "hotplug.0.count=2", "hotplug.0.every=0s",
                                "hotplug.0.online_by=kernel"});
  EXPECT_EQ(r.outcome, Outcome::ok);
  const auto second_add = std::find_if(
      r.operations.begin(), r.operations.end(),
      [](const Operation& o) { return o.kind == Operation::Kind::add && o.device == 1; });
  EXPECT_EQ(second_add - r.operations.begin(), 1 + 24)
      << "24 blocks of 128 MiB go online before the second device";
}

// 15 GiB from 256 MiB of boot memory: the blocks that are online already have room for the memmap
// of the next, if they are in a kernel zone.
TEST(run, a_driver_that_adds_block_by_block_lives_on_what_it_added) {
  for (const char* adder : {"virtio_mem", "lmb"}) {
    const std::string choice = std::string("hotplug.0.adder=") + adder;
    EXPECT_EQ(run_guest("boot_memory", {choice}).outcome, Outcome::ok) << adder;
    EXPECT_EQ(run_guest("boot_memory", {choice, "hotplug.0.online=online_movable"}).outcome,
              Outcome::enomem)
        << adder;
  }
  EXPECT_EQ(run_guest("boot_memory", {"hotplug.0.adder=dax_kmem"}).outcome, Outcome::enomem);
}

// lock_device_hotplug_sysfs: a writer that meets the adder sleeps 5 ms and tries again.
TEST(run, writes_to_sysfs_poll_for_the_lock) {
  const std::vector<std::string> two{"hotplug.0.size=3GiB", "hotplug.0.count=2",
                                     "hotplug.0.every=0s"};
  const RunResult r = run_guest("boot_memory", two);
  SimTime second_add;
  for (const Operation& op : r.operations)
    if (op.kind == Operation::Kind::add && op.device == 1) second_add = op.finished;
  std::int64_t polled = 0;
  for (const Operation& op : r.operations) {
    if (op.kind != Operation::Kind::online || op.started == op.submitted) continue;
    ++polled;
    EXPECT_EQ((op.started - op.submitted).value % 5'000'000, 0);
  }
  EXPECT_GT(polled, 0) << "the second add was in the way of the first device's blocks";
}

std::vector<std::string> by_udev(const std::string& workers) {
  return {"hotplug.0.size=6GiB", "hotplug.0.online_by=udev", "udev.children_max=" + workers,
          "udev.event_latency=3ms"};
}

// One worker is one process that writes block after block.
TEST(udev, with_one_worker_is_a_process_that_writes_to_sysfs) {
  const RunResult udev = run_guest("hotplugged_range", by_udev("1"));
  const RunResult sysfs =
      run_guest("hotplugged_range", {"hotplug.0.size=6GiB", "hotplug.0.online_latency=3ms"});
  ASSERT_EQ(udev.operations.size(), 1 + 48u);
  ASSERT_EQ(udev.operations.size(), sysfs.operations.size());
  for (std::size_t i = 0; i < udev.operations.size(); ++i) {
    EXPECT_EQ(udev.operations[i].block, sysfs.operations[i].block);
    EXPECT_EQ(udev.operations[i].finished, sysfs.operations[i].finished);
  }
}

// 48 blocks are onlined under one lock, however many workers there are. The lock stays free at
// most until the next of those that sleep tries again: 5 ms for each block that follows.
TEST(udev, workers_do_not_scale_and_each_block_waits_for_a_poll_at_most) {
  const auto online = [](const RunResult& r) {
    EXPECT_EQ(r.outcome, Outcome::ok);
    EXPECT_EQ(r.blocks.size(), 48u);
    return *metric(r, "time_to_online", "online");
  };
  const RunResult r = run_guest("hotplugged_range", by_udev("16"));
  std::int64_t held = 0;
  SimTime before;
  for (const Operation& op : r.operations) {
    if (op.kind != Operation::Kind::online) continue;
    held += (op.finished - op.started).value;
    EXPECT_GE(op.started, before) << "one at a time";
    EXPECT_EQ((op.started - op.submitted).value % 5'000'000, 0) << "who finds it taken sleeps";
    before = op.finished;
  }
  EXPECT_GE(online(r), held);
  EXPECT_LE(online(r), held + 3'000'000 + 48 * 5'000'000);
  EXPECT_LT(online(r), online(run_guest("hotplugged_range", by_udev("1"))))
      << "latencies of events overlap";
}

// Devices on both nodes at the same time: ACPI's queue adds them one after the other, dax/kmem's
// probes run side by side and queue at device_hotplug_lock. The k-th starts when the one before is
// done, either way.
TEST(run, adders_of_several_devices_queue_at_device_hotplug_lock) {
  for (const char* adder : {"acpi_dimm", "dax_kmem"}) {
    for (const char* by : {"kernel", "sysfs"}) {
      std::vector<std::string> settings;
      for (const char* table : {"hotplug.0.", "hotplug.1."})
        for (const std::string& s : {std::string("size=32GiB"), std::string("count=2"),
                                     std::string("adder=") + adder, std::string("online_by=") + by})
          settings.push_back(table + s);
      const RunResult r = simulate(load("quickstart.toml", settings), {});
      ASSERT_EQ(r.outcome, Outcome::ok);
      const Operation* last = nullptr;
      int adds = 0;
      for (const Operation& op : r.operations) {
        if (op.kind == Operation::Kind::add) {
          ++adds;
          EXPECT_EQ(op.submitted, r.operations.front().submitted);
          if (last != nullptr) {
            EXPECT_EQ(op.started, last->finished) << adder << ' ' << by;
          }
        }
        last = &op;
      }
      EXPECT_EQ(adds, 4);
    }
  }
}

// Taken away again, a guest is what it was; what the kernel itself has put there stays.
// The second add of a place is refused (EEXIST); what is there counts once.
TEST(run, a_device_in_the_place_of_another_counts_for_nothing) {
  const auto run_of = [](std::vector<std::string> settings) {
    settings.insert(settings.begin(),
                    {"hotplug.*.size=4GiB", "hotplug.*.start=1TiB", "workload={kind=\"idle\"}"});
    return simulate(load("quickstart.toml", settings), {});
  };
  const RunResult both = run_of({});
  const RunResult one = run_of({"hotplug.1.at=1h", "until=30min"});
  EXPECT_EQ(both.outcome, Outcome::refused) << both.reason;
  EXPECT_EQ(one.outcome, Outcome::ok) << one.reason;
  EXPECT_EQ(both.blocks.size(), one.blocks.size());
  EXPECT_EQ(metric(both, "gigantic_pages_possible", "run"), 4);
  EXPECT_EQ(metric(both, "usable_bytes", "run"), metric(one, "usable_bytes", "run"));
}

// Where the memmap of each block comes when it goes online, one that stays offline has none, and
// nothing waits for its memory.
TEST(run, blocks_without_memmap_have_no_latency_to_it) {
  std::vector<std::string> settings{"kernel.memmap_placement=late_altmap", "hotplug.0.size=1GiB",
                                    "hotplug.0.online=offline"};
  EXPECT_EQ(metric(simulate(load("small-guest.toml", settings), {}), "memmap_latency", "run"),
            std::nullopt);
  settings.back() = "hotplug.0.online=online_kernel";
  EXPECT_GT(metric(simulate(load("small-guest.toml", settings), {}), "memmap_latency", "run"), 0);
}

TEST(run, devices_can_be_taken_away_again) {
  const std::vector<std::string> gone{"hotplug.0.size=8GiB", "hotplug.0.unplug=true"};
  const RunResult r = run_guest("hotplugged_range", gone);
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(metric(r, "removed_bytes", "remove"), 8 * kGiB);
  EXPECT_EQ(metric(r, "mem_total_delta", "run"), 0);
  EXPECT_EQ(metric(r, "usable_bytes", "run"), 0);
  EXPECT_GT(*metric(r, "time_to_remove", "remove"), 0);
  EXPECT_TRUE(r.blocks.empty());
}

TEST(run, a_device_that_cannot_go_as_a_whole_stays) {
  const RunResult r =
      run_guest("boot_memory", {"hotplug.0.size=3GiB", "hotplug.0.count=5", "hotplug.0.unplug=true",
                                "hotplug.0.unplug_after=10s"});
  EXPECT_EQ(r.outcome, Outcome::refused) << "the memmap of later devices lies in earlier ones";
  EXPECT_LT(metric(r, "removed_bytes", "remove"), 15 * kGiB);
}

// What the kernel has put into added memory, memmap and slab of section descriptors, holds the
// sub-blocks where it lies.
TEST(run, virtio_mem_gives_back_all_sub_blocks_that_the_kernel_does_not_use) {
  const auto run = [](const std::vector<std::string>& more) {
    std::vector<std::string> settings{"hotplug.0.size=160GiB"};
    settings.insert(settings.end(), more.begin(), more.end());
    return simulate(load("virtio-plug.toml", settings), {});
  };
  const RunResult r = run({});
  EXPECT_EQ(r.outcome, Outcome::refused);
  const std::int64_t stays = 160 * kGiB - *metric(r, "removed_bytes", "remove");
  EXPECT_GT(stays, 0);
  EXPECT_LT(stays, 128 * kMiB);
  EXPECT_EQ(stays % (2 * kMiB), 0);
  EXPECT_EQ(metric(r, "mem_total_delta", "run"), stays);
  // What the host has to take back, and what is cleared before, takes time.
  const std::int64_t untouched = *metric(r, "time_to_remove", "remove");
  const RunResult touched = run({"hotplug.0.touched=true"});
  const RunResult cleared = run({"hotplug.0.touched=true", "kernel.init_on_alloc=true"});
  EXPECT_GT(*metric(touched, "time_to_remove", "remove"), untouched);
  EXPECT_GT(*metric(cleared, "time_to_remove", "remove"),
            *metric(touched, "time_to_remove", "remove"));
  EXPECT_EQ(cleared.fingerprint,
            run({"hotplug.0.touched=true", "kernel.init_on_alloc=true"}).fingerprint);
}

// A guest asks its hypervisor for every block: 24 blocks of 128 MiB, 10 ms more each.
TEST(run, what_a_device_does_before_every_call_adds_up) {
  const auto time_to_add = [](const char* request) {
    const RunResult r =
        simulate(load("virtio-plug.toml",
                      {"hotplug.0.size=3GiB", std::string("hotplug.0.device.request=") + request}),
                 {});
    EXPECT_EQ(r.outcome, Outcome::ok);
    return *metric(r, "time_to_add", "add");
  };
  // Between calls the locks are quiet for longer than a grace period in both.
  EXPECT_EQ(time_to_add("60ms") - time_to_add("50ms"), 24 * 10'000'000);
}

// VIRTIO_MEM_DEFAULT_OFFLINE_THRESHOLD: 8 blocks of 128 MiB.
TEST(run, virtio_mem_waits_for_user_space_when_1_GiB_is_not_online) {
  const auto most_waiting = [](const RunResult& r) {
    std::int64_t waiting = 0;
    std::int64_t most = 0;
    for (const Operation& op : r.operations) {
      waiting += op.kind == Operation::Kind::add ? 1 : -1;
      most = std::max(most, waiting);
    }
    EXPECT_EQ(waiting, 0);
    return most;
  };
  const std::string adder = "hotplug.0.adder=virtio_mem";
  const std::string slowly = "hotplug.0.online_latency=100ms";
  EXPECT_EQ(most_waiting(run_guest("boot_memory", {adder, slowly})), 8);
  EXPECT_EQ(
      most_waiting(run_guest("boot_memory", {adder, slowly, "kernel.memory_block_size=1GiB"})), 2);
  const RunResult r = run_guest("boot_memory", {adder});
  EXPECT_EQ(metric(r, "time_to_usable", "run"),
            *metric(r, "time_to_add", "add") + *metric(r, "time_to_online", "online"));
}

TEST(run, virtio_mem_never_places_the_memmap_in_the_range) {
  const RunResult r = run_guest("hotplugged_range", {"hotplug.0.adder=virtio_mem"});
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_EQ(metric(r, "memmap_pages_range", "add"), 0);
}

TEST(run, dax_kmem_leaves_out_what_is_no_whole_memory_block) {
  const RunResult r =
      run_guest("hotplugged_range", {"hotplug.0.adder=dax_kmem", "hotplug.0.size=1000MiB"});
  EXPECT_EQ(r.outcome, Outcome::ok);
  EXPECT_EQ(r.blocks.size(), 7u);
}

// A process has given 16 MiB back; what its CPU's lists keep of it goes back to the zone with time.
TEST(run, idle_per_cpu_lists_shrink) {
  const auto kept = [](const char* stat_interval) {
    const RunResult r = run_guest(
        "hotplugged_range",
        {"hotplug.0.size=1GiB", "until=20s", std::string("kernel.stat_interval=") + stat_interval,
         "workload={kind=\"anon_growth\", interval=\"9s\", step=\"16MiB\", limit=\"16MiB\", "
         "hold=\"100ms\", extent=\"4KiB\"}"});
    std::int64_t pages = 0;
    for (const auto& zone : r.samples.back().zones) pages += zone.pcp;
    return pages;
  };
  EXPECT_GT(kept("0ns"), kept("1s"));
}

TEST(run, the_same_run_gives_the_same_fingerprint_in_any_thread) {
  const config::Scenario s =
      load("quickstart.toml", {"hotplug.0.size=64GiB", "hotplug.1.size=64GiB"});
  std::uint64_t other = 0;
  std::thread thread([&] { other = simulate(s, {.placement = "boot_memory"}).fingerprint; });
  const auto here = simulate(s, {.placement = "boot_memory"}).fingerprint;
  thread.join();
  EXPECT_EQ(here, other);
  EXPECT_NE(here, simulate(s, {.placement = "boot_memory", .seed = 2}).fingerprint);
  EXPECT_NE(here, simulate(s, {.placement = "boot_memory", .replicate = 1}).fingerprint);
  EXPECT_NE(here, simulate(s, {.placement = "hotplugged_range"}).fingerprint);
}

// More bandwidth never makes onlining later; remote memmap never makes it earlier.
TEST(run, is_monotone_in_bandwidth_and_distance) {
  const std::vector<std::string> base{"hotplug.0.size=64GiB", "hotplug.1.size=64GiB"};
  const auto online = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return *metric(simulate(load("quickstart.toml", more), {.placement = "hotplugged_range"}),
                   "time_to_online", "online");
  };
  EXPECT_LE(online({"machine.node.0.bandwidth=200GB/s"}),
            online({"machine.node.0.bandwidth=20GB/s"}));
  EXPECT_LE(online({"machine.link.0.latency=65ns"}), online({"machine.link.0.latency=500ns"}));
}

// An operator takes the two highest of eight blocks offline at 10 s; the device stays.
TEST(run, blocks_that_an_operator_takes_offline_stay_so) {
  const RunResult r =
      run_guest("hotplugged_range", {"hotplug.0.size=1GiB", "hotplug.0.online=online_movable",
                                     "hotplug.0.offline_blocks=2", "hotplug.0.offline_at=10s"});
  std::vector<Operation> offline;
  for (const Operation& op : r.operations)
    if (op.kind == Operation::Kind::offline) offline.push_back(op);
  ASSERT_EQ(offline.size(), 2u);
  EXPECT_GE(offline[0].started, kSecond * 10);
  EXPECT_EQ(offline[0].block.value, offline[1].block.value + 1);
  EXPECT_EQ(r.blocks.size(), 8u);
  EXPECT_EQ(offline[0].block, r.blocks.back().block);
}

// Looks come at their times and change nothing.
TEST(run, is_the_same_whoever_looks_at_it) {
  const config::Scenario s = load("small-guest.toml", {"hotplug.0.size=1GiB", "until=2s"});
  const RunResult alone = simulate(s, {});
  std::vector<SimTime> seen;
  const Looks looks{.at = {kMillisecond, kSecond, kSecond * 2},
                    .see = [&](const System& system, const auto& workloads) {
                      EXPECT_TRUE(workloads.empty());
                      seen.push_back(system.engine.now());
                    }};
  const RunResult watched = simulate(s, {}, looks);
  EXPECT_EQ(seen, looks.at);
  EXPECT_EQ(watched.fingerprint, alone.fingerprint);
}

}  // namespace
}  // namespace mhp::run::run_test
