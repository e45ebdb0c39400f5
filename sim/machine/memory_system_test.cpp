#include "sim/machine/memory_system.hpp"

#include <gtest/gtest.h>

namespace mhp::machine {
namespace {

Machine two_nodes() {
  Machine m;
  m.nodes.assign(2, NodeParams{Bytes{kGiB}, 1, SimTime{100}, BytesPerSecond{2'000'000'000}});
  m.links.push_back({NodeId{0}, NodeId{1}, SimTime{50}, BytesPerSecond{1'000'000'000}});
  return m;
}

// Service time = bytes / bandwidth, first come first served: 2000 B at 2 GB/s are 1000 ns.
TEST(memory_system, local_traffic_queues_at_the_controller) {
  engine::Engine engine;
  const Machine m = two_nodes();
  const Topology t(m);
  MemorySystem memory(engine, m, t);
  EXPECT_EQ(memory.transfer(NodeId{0}, NodeId{0}, Bytes{2000}), SimTime{1000});
  EXPECT_EQ(memory.transfer(NodeId{0}, NodeId{0}, Bytes{2000}), SimTime{2000});
  EXPECT_EQ(memory.transfer(NodeId{1}, NodeId{1}, Bytes{2000}), SimTime{1000})
      << "another controller";
}

TEST(memory_system, remote_traffic_takes_as_long_as_the_slowest_server_on_its_way) {
  engine::Engine engine;
  const Machine m = two_nodes();
  const Topology t(m);
  MemorySystem memory(engine, m, t);
  EXPECT_EQ(memory.transfer(NodeId{0}, NodeId{1}, Bytes{2000}), SimTime{2000})
      << "the link is the bottleneck";
  EXPECT_EQ(memory.transfer(NodeId{1}, NodeId{1}, Bytes{2000}), SimTime{2000})
      << "behind the remote traffic at the controller";
}

TEST(memory_system, service_times_round_up_to_whole_nanoseconds) {
  engine::Engine engine;
  const Machine m = two_nodes();
  const Topology t(m);
  MemorySystem memory(engine, m, t);
  EXPECT_EQ(memory.transfer(NodeId{0}, NodeId{0}, Bytes{1}), SimTime{1});
}

}  // namespace
}  // namespace mhp::machine
