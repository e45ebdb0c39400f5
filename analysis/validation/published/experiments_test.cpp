// What experiments do where the answer is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/target.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::published::experiments_test {
namespace {

const std::string kTargets = MHP_SOURCE_DIR "/analysis/validation/published/targets/";

Measured run(const std::string& experiment, const std::string& toml) {
  const auto root = config::parse_toml(toml, kTargets + "test.toml");
  EXPECT_TRUE(root.has_value());
  Diagnostics errors;
  const Measured m = experiments().find(experiment)->run(*root, errors);
  EXPECT_TRUE(errors.empty()) << errors.front().text();
  return m;
}

std::string init(const std::string& more) {
  return "machine = \"../../../../configs/machines/two-socket-server.toml\"\n"
         "costs = \"../../../../configs/costs/xeon.toml\"\n"
         "free_to_buddy = false\n" +
         more;
}

double init_ns(const std::string& more) { return run("memmap_init", init(more)).value.value_or(0); }

/// The core of two-socket-server.toml against that of the prices.
constexpr double kClock = 3000.0 / 3300;
constexpr double kMisses = 14.8;
constexpr double kSecondLevelLine = 2.410 / 3.3;

// One thread alone: instructions, and a line at its latency over the misses in flight.
TEST(memmap_init, of_one_thread_is_the_sum_of_its_pages) {
  const double page = 2.794 * kClock + 78 / kMisses;
  EXPECT_NEAR(init_ns("pages = 3276800\npasses = [\"struct_page_init\"]"), 3276800 * page,
              1e-3 * 3276800 * page);
  const double far = 2.794 * kClock + 143 / kMisses;
  EXPECT_NEAR(init_ns("pages = 3276800\nmemory_node = 1\npasses = [\"struct_page_init\"]"),
              3276800 * far, 1e-3 * 3276800 * far);
}

TEST(memmap_init, two_cold_passes_cost_two_and_a_fused_pass_one) {
  const std::string pages = "pages = 3276800\n";
  const double init = init_ns(pages + "passes = [\"struct_page_init\"]");
  const double free = init_ns(pages + "passes = [\"struct_page_free\"]");
  const double both = init_ns(pages + "passes = [\"struct_page_init\", \"struct_page_free\"]");
  const double fused = init_ns(pages + "passes = [\"struct_page_init+struct_page_free\"]");
  EXPECT_NEAR(both, init + free, 1e-3 * both);
  EXPECT_NEAR(fused, init + 3276800 * (1.867 * kClock + 2 * kSecondLevelLine), 1e-3 * both);
}

// Without passes the kernel's: prices of struct_page_memset and meminit_pfn_in_nid follow no clock.
TEST(memmap_init, does_what_the_kernel_does_if_no_passes_are_named) {
  const std::string pages = "pages = 3276800\n";
  const auto kernel = [&](const char* version) {
    return init_ns(pages + "kernel = \"../kernels/linux-" + version + ".toml\"");
  };
  const double fused = init_ns(pages + "passes = [\"struct_page_init+struct_page_free\"]");
  const double both = init_ns(pages + "passes = [\"struct_page_init\", \"struct_page_free\"]");
  EXPECT_EQ(init_ns(pages), fused);
  EXPECT_NEAR(kernel("4.2"), fused + 3276800 * 4.719, 1e-6 * both);
  EXPECT_NEAR(kernel("4.14-rc6"), fused + 3276800 * (9.437 + 4.719), 1e-6 * both);
  EXPECT_NEAR(kernel("4.15"), both + 3276800 * (9.437 + 2 * 4.719), 1e-6 * both);
}

TEST(memmap_init, threads_help_up_to_the_bandwidth_and_never_beyond) {
  const double bytes = 3276800.0 * 2 * 64;
  double before = init_ns("pages = 3276800\npasses = [\"struct_page_init\"]");
  const double alone = before;
  for (const int threads : {2, 4, 8, 16, 64}) {
    const double now = init_ns("pages = 3276800\npasses = [\"struct_page_init\"]\nthreads = " +
                               std::to_string(threads));
    EXPECT_LE(now, before * 1.01) << threads;
    EXPECT_GE(now, std::max(alone / threads, bytes / 105.6) * 0.999) << threads;
    before = now;
  }
}

double nodes_ns(const std::string& more) {
  return run("nodes_init", init("pages = 3276800\n" + more)).value.value_or(-1);
}

// Both nodes do the same on their own; a single thread does the second from afar.
TEST(nodes_init, of_two_equal_nodes_is_that_of_one_and_of_one_thread_that_of_both) {
  const double near = init_ns("pages = 3276800");
  const double far = init_ns("pages = 3276800\nmemory_node = 1");
  EXPECT_EQ(nodes_ns("of = \"first\""), near);
  EXPECT_EQ(nodes_ns("of = \"last\""), near);
  EXPECT_EQ(nodes_ns("of = \"largest_gap\""), 0);
  EXPECT_EQ(nodes_ns("of = \"unevenness\""), 0);
  EXPECT_EQ(nodes_ns("threads = 0\nof = \"first\""), near);
  EXPECT_NEAR(nodes_ns("threads = 0"), near + far, 2);
}

/// Nanoseconds a struct page of a light pass over a memmap on an Optane module.
double on_a_module(const std::string& set) {
  return run("memmap_init",
             "machine = \"../../../../configs/machines/optane-host.toml\"\n"
             "costs = \"../../../../configs/costs/xeon.toml\"\n"
             "pages = 3276800\nmemory_node = 2\npasses = [\"struct_page_free\"]\n"
             "free_to_buddy = false\nset = [" +
                 set + "]")
             .value.value_or(0) /
         3276800;
}

// 64 bytes of each unit read in order, a unit of 256 written for each line. As a medium of lines
// that is written as it is read, the same module is bound by nothing but its latency.
TEST(memmap_init, on_a_module_waits_for_the_units_that_it_writes) {
  const double both = 64 / 6.6 + 256 / 2.3;
  EXPECT_NEAR(on_a_module(""), both, 1e-3 * both);
  const double latency = 1.867 + 2.360 / 3 + 305 / 15.75;
  EXPECT_NEAR(on_a_module("\"machine.node.2.access_unit=64B\", "
                          "\"machine.node.2.write_bandwidth=0B/s\""),
              latency, 1e-3 * latency);
}

// One thread, two nodes: struct pages of 1 GiB pages, half of them far.
TEST(hugetlb_init, of_one_thread_is_the_sum_of_its_struct_pages) {
  const double page = (2.794 + 0.9 + 6) * kClock + (78 + 143) / 2.0 / kMisses;
  EXPECT_NEAR(run("hugetlb_init",
                  "machine = \"../../../../configs/machines/two-socket-server.toml\"\n"
                  "costs = \"../../../../configs/costs/xeon.toml\"\npages = 100")
                  .value.value_or(0),
              100 * 262144 * page, 1e-3 * 100 * 262144 * page);
}

/// Threads that add three blocks of a section each, 1000 being there.
double insertion_ns(int threads, const std::string& element) {
  return run("late_insertion",
             "machine = \"../../../../configs/machines/eight-node-8t.toml\"\n"
             "costs = \"../../../../configs/costs/xeon.toml\"\n"
             "blocks = 3\nblock = \"128MiB\"\nregistered = 1000\nthreads = " +
                 std::to_string(threads) +
                 "\nset = [\"costs.block_device.cpu=0ns\", \"costs.list_element.clock=-1\", "
                 "\"costs.list_element.cpu=" +
                 element + "\"]")
      .value.value_or(0);
}

// The list is walked by one after the other: 1000 + 1001 + ... + 1005 elements of 1 ms by two
// threads. If it costs nothing, each thread has all it needs on its own node.
TEST(late_insertion, threads_wait_for_the_list_of_blocks_alone) {
  EXPECT_NEAR(insertion_ns(2, "1ms"), 6015e6, 5e-3 * 6015e6);
  EXPECT_NEAR(insertion_ns(7, "0ns"), insertion_ns(1, "0ns"), 1e-3 * insertion_ns(1, "0ns"));
}

/// Cores that allocate blocks of an order without per-CPU lists: each is one hold of 20 ns, and
/// 80 ns besides; struct pages cost nothing.
double allocator_ns(int cores, const std::string& more) {
  return run("page_allocator",
             "machine = \"../../../../configs/machines/xeon-5320.toml\"\n"
             "costs = \"../../../../configs/costs/xeon.toml\"\n"
             "action = \"alloc\"\norder = 5\noperations = 1000\ncores = " +
                 std::to_string(cores) +
                 "\nset = [\"costs.rmqueue.cpu=20ns\", \"costs.alloc_pages.cpu=80ns\", "
                 "\"costs.struct_page_touch.lines=0\", \"costs.struct_page_next.lines=0\", " +
                 more + "]")
      .value.value_or(0);
}

// A closed system without variance: everybody waits for the lock or nobody does.
TEST(page_allocator, follows_the_law_of_a_serial_part) {
  for (const int cores : {1, 2, 5, 20})
    EXPECT_NEAR(allocator_ns(cores, "\"costs.percpu_line.cpu=0ns\""), std::max(100.0, cores * 20.0),
                1.0)
        << cores;
}

// The lock's lines come from another core with each hold: never for one core alone.
TEST(page_allocator, pays_a_hand_over_once_a_hold) {
  for (const int cores : {1, 8})
    EXPECT_NEAR(allocator_ns(cores, "\"costs.percpu_line.cpu=100ns\""),
                cores == 1 ? 100.0 : cores * (20.0 + 300.0), 3.0)
        << cores;
}

// The walk over the zone makes plugging quadratic in blocks; without it it is linear.
TEST(growth, of_plug_time_is_quadratic_with_the_walk_and_linear_without) {
  const auto plug = [&](const char* size, const char* walk) {
    return run("run", std::string("scenario = \"../../../../configs/scenarios/virtio-plug.toml\"\n"
                                  "metric = \"time_to_usable\"\nset = [\"hotplug.0.size=") +
                          size +
                          "\", \"hotplug.0.unplug=false\", \"kernel.profile.contiguity_walk=" +
                          walk + "\"]")
        .value.value_or(0);
  };
  const double once = plug("512GiB", "counter");
  const double twice = plug("1TiB", "counter");
  EXPECT_NEAR(twice / once, 2, 0.02);
  EXPECT_NEAR((plug("1TiB", "full") - twice) / (plug("512GiB", "full") - once), 4, 0.05);
}

// The first case of each kind that ships, on a kernel without a profile.
TEST(experiments, say_whose_rules_hold_if_a_kernel_has_no_profile) {
  std::set<std::string> asked;
  for (const auto& file : std::filesystem::directory_iterator(kTargets)) {
    const auto target = load_target(file.path().string());
    ASSERT_TRUE(target.has_value()) << target.error().front().text();
    for (const Case& c : target->cases) {
      if (!asked.insert(c.experiment).second) continue;
      Value table = c.table;
      if (c.experiment == "run") {
        add_setting(table, "kernel.profile=6.9");
      } else if (Value* kernel = table.find("kernel"); kernel != nullptr) {
        kernel->data = std::string("6.9");
      } else {
        table.table()->push_back({"kernel", Value{std::string("6.9"), table.where}, table.where});
      }
      Diagnostics errors;
      const Measured m = experiments().find(c.experiment)->run(std::move(table), errors);
      // Some follow no rule of a kernel.
      if (!errors.empty() && errors.front().problem == "unknown key kernel") continue;
      EXPECT_TRUE(errors.empty()) << c.experiment << ": " << errors.front().text();
      EXPECT_EQ(m.kernel_note, "kernel 6.9 has no profile: the rules of 6.8 hold") << c.experiment;
    }
  }
  for (const std::string& name : experiments().names()) EXPECT_TRUE(asked.contains(name)) << name;
}

}  // namespace
}  // namespace mhp::published::experiments_test
