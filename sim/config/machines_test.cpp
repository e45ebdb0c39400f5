// The machines that ship: all can be read, and are wired as they say.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::config {
namespace {

namespace fs = std::filesystem;

machine::Machine load(const fs::path& path) {
  const auto table = load_toml(path.string());
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
    EXPECT_EQ(topology.latency(NodeId{3 - expander}, NodeId{expander}), near + SimTime{65});
  }
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
}  // namespace mhp::config
