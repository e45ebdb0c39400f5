#include "sim/machine/topology.hpp"

#include <gtest/gtest.h>

namespace mhp::machine::topology_test {
namespace {

Machine ring_of_four() {
  Machine m;
  m.nodes.assign(4, NodeParams{Bytes{kGiB}, 1, SimTime{100}, BytesPerSecond{100'000'000'000}});
  for (int i = 0; i < 4; ++i)
    m.links.push_back(
        {NodeId{i}, NodeId{(i + 1) % 4}, SimTime{i == 3 ? 90 : 40}, BytesPerSecond{1'000'000'000}});
  return m;
}

// Latency = memory's own + the links of the fastest path: 0 -> 3 is 40 * 3 = 120 by 1 and 2, 90
// directly.
TEST(topology, latencies_follow_the_fastest_path) {
  const Topology t(ring_of_four());
  EXPECT_EQ(t.latency(NodeId{0}, NodeId{0}), SimTime{100});
  EXPECT_EQ(t.latency(NodeId{0}, NodeId{1}), SimTime{140});
  EXPECT_EQ(t.latency(NodeId{0}, NodeId{2}), SimTime{180});
  EXPECT_EQ(t.latency(NodeId{0}, NodeId{3}), SimTime{190});
  EXPECT_EQ(t.route(NodeId{0}, NodeId{3}), (std::vector<std::size_t>{3}));
  EXPECT_EQ(t.route(NodeId{0}, NodeId{2}), (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(t.route(NodeId{2}, NodeId{2}).empty());
}

// SLIT: 10 * latency / local latency, rounded.
TEST(topology, distances_are_relative_latencies) {
  const Topology t(ring_of_four());
  EXPECT_EQ(t.distance(NodeId{0}, NodeId{0}), 10);
  EXPECT_EQ(t.distance(NodeId{0}, NodeId{1}), 14);
  EXPECT_EQ(t.distance(NodeId{0}, NodeId{3}), 19);
}

TEST(topology, a_node_without_a_link_is_found) {
  Machine m = ring_of_four();
  EXPECT_TRUE(Topology(m).connected());
  m.nodes.push_back(m.nodes.front());
  EXPECT_FALSE(Topology(m).connected());
}

}  // namespace
}  // namespace mhp::machine::topology_test
