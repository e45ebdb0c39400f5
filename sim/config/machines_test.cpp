// The machines that ship: all can be read, and are wired as they say.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::config::machines_test {
namespace {

namespace fs = std::filesystem;

machine::Machine load(const fs::path& path) {
  const auto table = load_machine(path.string());
  EXPECT_TRUE(table.has_value()) << path;
  Diagnostics errors;
  auto machine = machine::read_machine(*table, errors, nullptr);
  EXPECT_TRUE(errors.empty()) << errors.front().text();
  return machine;
}

machine::Machine shipped(const char* name) {
  return load(fs::path(MHP_SOURCE_DIR "/configs/machines") / name);
}

/// Hops from each node to each other with processors: how many pairs are so far apart.
std::vector<int> pairs_by_hops(const machine::Machine& machine) {
  const machine::Topology topology(machine);
  std::vector<int> pairs;
  for (std::int32_t a = 0; a < static_cast<std::int32_t>(topology.nodes()); ++a) {
    for (std::int32_t b = a + 1; b < static_cast<std::int32_t>(topology.nodes()); ++b) {
      const std::size_t hops = topology.route(NodeId{a}, NodeId{b}).size();
      pairs.resize(std::max(pairs.size(), hops + 1), 0);
      ++pairs[hops];
    }
  }
  return pairs;
}

TEST(machines_that_ship, can_be_read_and_reach_all_their_memory) {
  int machines = 0;
  for (const auto& entry : fs::directory_iterator(MHP_SOURCE_DIR "/configs/machines")) {
    if (!entry.is_regular_file()) continue;
    const machine::Machine m = load(entry.path());
    EXPECT_TRUE(machine::Topology(m).connected()) << entry.path();
    ++machines;
  }
  EXPECT_GE(machines, 15);
}

// n (n - 1) / 2 pairs: all linked; 3 links a socket, so 12 pairs of 28; 3 within the chassis and 3
// across, so 48 pairs of 120.
TEST(machines_that_ship, with_many_sockets_have_at_most_two_hops) {
  EXPECT_EQ(pairs_by_hops(shipped("four-socket-server.toml")), (std::vector<int>{0, 6}));
  EXPECT_EQ(pairs_by_hops(shipped("eight-socket-32t.toml")), (std::vector<int>{0, 12, 16}));
  EXPECT_EQ(pairs_by_hops(shipped("eight-socket-64t.toml")), (std::vector<int>{0, 12, 16}));
  EXPECT_EQ(pairs_by_hops(shipped("sixteen-socket-server.toml")), (std::vector<int>{0, 48, 72}));
}

TEST(machines_that_ship, have_the_memory_they_are_named_after) {
  const auto memory = [](const char* name) {
    Bytes sum;
    for (const auto& node : shipped(name).nodes) sum += node.memory;
    return sum;
  };
  EXPECT_EQ(memory("eight-socket-32t.toml"), Bytes{32 * kTiB});
  EXPECT_EQ(memory("eight-socket-64t.toml"), Bytes{64 * kTiB});
  EXPECT_EQ(memory("sixteen-socket-server.toml"), Bytes{24 * kTiB});
}

// 140 to 410 ns: real expanders (arXiv:2409.14317). The other socket's is one link farther.
TEST(machines_that_ship, an_expander_is_a_far_node_without_processors) {
  const machine::Machine host = shipped("cxl-host.toml");
  const machine::Topology topology(host);
  for (const std::int32_t expander : {2, 3}) {
    EXPECT_EQ(host.nodes[static_cast<std::size_t>(expander)].cpus, 0);
    const SimTime near = topology.latency(NodeId{expander - 2}, NodeId{expander});
    EXPECT_GE(near, SimTime{140});
    EXPECT_LE(near, SimTime{410});
    EXPECT_EQ(topology.latency(NodeId{3 - expander}, NodeId{expander}),
              near + host.links.front().latency);
  }
}

// Chips and Cheese, 2024: a processor's own memory above 200 ns, the GPU's 592 ns more.
TEST(machines_that_ship, a_gpu_s_memory_is_a_node_that_waits_for_its_driver) {
  const machine::Machine gh200 = shipped("grace-hopper.toml");
  const machine::Topology topology(gh200);
  ASSERT_EQ(gh200.nodes.size(), 2u);
  EXPECT_EQ(gh200.nodes[0].cpus, 72);
  EXPECT_EQ(gh200.nodes[1].cpus, 0);
  EXPECT_EQ(gh200.nodes[1].memory, Bytes{});
  EXPECT_EQ(topology.latency(NodeId{0}, NodeId{1}) - topology.latency(NodeId{0}, NodeId{0}),
            SimTime{592});
  EXPECT_GT(gh200.nodes[1].bandwidth, gh200.links[0].bandwidth) << "the link is what is narrow";
}

// 8 DIMMs of 32 GiB a socket; 12 cores of 8 threads; 16 channels of 8 bytes at 2933, of which 0.75.
TEST(machines_that_ship, of_arm_and_power_follow_from_their_data_sheets) {
  const machine::Machine altra = shipped("ampere-altra.toml");
  ASSERT_EQ(altra.nodes.size(), 2u);
  for (const auto& node : altra.nodes) {
    EXPECT_EQ(node.cpus, 80);
    EXPECT_EQ(node.memory, Bytes{256 * kGiB});
  }
  const machine::Machine lpar = shipped("power10-lpar.toml");
  ASSERT_EQ(lpar.nodes.size(), 1u);
  EXPECT_EQ(lpar.nodes[0].cpus, 96);
  EXPECT_EQ(lpar.nodes[0].memory, Bytes{kTiB});
  EXPECT_EQ(lpar.nodes[0].bandwidth, BytesPerSecond{281'568'000'000});
}

/// What a machine's file comes to, parameter by parameter.
std::vector<ParamValue> params_of(const char* name) {
  const auto table = load_machine((fs::path(MHP_SOURCE_DIR "/configs/machines") / name).string());
  EXPECT_TRUE(table.has_value()) << name;
  Diagnostics errors;
  std::vector<ParamValue> used;
  machine::read_machine(*table, errors, &used);
  return used;
}

// Bandwidth and misses in flight that the end points of curves of threads come to (D. Jordan,
// linux-mm 2020-05-20: one thread, all threads): at the processors' base clocks, besides 4.661 ns
// at 3 GHz and two lines of the second level; all threads without clocks and siblings.
TEST(machines_that_ship, allow_for_what_was_once_fitted_on_them) {
  struct Fit {
    const char* machine;
    std::int64_t misses;
    std::int64_t bandwidth;
  };
  for (const Fit& fit :
       {Fit{"xeon-8167m.toml", 10'600, 93'000'000'000},
        Fit{"xeon-e5-2699-v3.toml", 9800, 50'200'000'000},
        Fit{"xeon-e5-2699c-v4.toml", 7700, 54'400'000'000}, Fit{"sparc-m7.toml", 5180, 0}}) {
    for (const ParamValue& p : params_of(fit.machine)) {
      const std::int64_t fitted = p.name == "machine.core.misses_in_flight_stream" ? fit.misses
                                  : p.name == "machine.node.0.bandwidth"           ? fit.bandwidth
                                                                                   : 0;
      if (fitted == 0) continue;
      ASSERT_TRUE(p.range.has_value()) << fit.machine << ": " << p.name;
      EXPECT_LE(p.range->low, fitted) << fit.machine << ": " << p.name;
      EXPECT_GE(p.range->high, fitted) << fit.machine << ": " << p.name;
    }
  }
}

TEST(parts_that_ship, can_be_populated_and_say_what_they_rest_on) {
  int parts = 0;
  for (const auto& entry : fs::directory_iterator(MHP_SOURCE_DIR "/configs/machines/parts")) {
    const std::string file = entry.path().string();
    auto root = parse_toml(
        "[machine]\nname = 'm'\n[[machine.socket]]\nmemory = '64GiB'\n"
        "processor = '" +
            file + "'\n",
        "/m.toml");
    ASSERT_TRUE(root.has_value());
    const auto put = put_references(*root);
    ASSERT_TRUE(put.has_value()) << put.error().front().text();
    Diagnostics errors;
    std::vector<ParamValue> used;
    machine::read_machine(*root->find("machine"), errors, &used);
    EXPECT_TRUE(errors.empty()) << file << ": " << errors.front().text();
    for (const ParamValue& p : used) {
      if (p.is_default || p.name == "machine.name") continue;
      EXPECT_NE(p.basis, "") << file << ": " << p.name;
      EXPECT_NE(p.source, "") << file << ": " << p.name;
      if (p.basis == "assumed") {
        EXPECT_TRUE(p.range.has_value()) << file << ": " << p.name;
      }
    }
    ++parts;
  }
  EXPECT_GE(parts, 20);
}

// min(2 processors + 16, max(memory / 128 MiB, 10), 2048)
TEST(udev_children_max, follows_processors_and_memory) {
  EXPECT_EQ(udev_children_max(shipped("two-socket-server.toml")), 2 * 104 + 16);
  EXPECT_EQ(udev_children_max(shipped("guest-2g.toml")), 2048 / 128);
  EXPECT_EQ(udev_children_max(shipped("guest-256m.toml")), 10);
  machine::Machine large = shipped("eight-socket-64t.toml");
  EXPECT_EQ(udev_children_max(large), 2 * 960 + 16);
  large.nodes[0].cpus += 1000;
  EXPECT_EQ(udev_children_max(large), 2048);
}

}  // namespace
}  // namespace mhp::config::machines_test
