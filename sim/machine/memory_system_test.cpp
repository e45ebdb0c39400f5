#include "sim/machine/memory_system.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace mhp::machine {
namespace {

class Memory : public ::testing::Test {
 protected:
  Memory() {
    machine_.nodes.assign(2,
                          NodeParams{Bytes{kGiB}, 1, SimTime{100}, BytesPerSecond{2'000'000'000}});
    machine_.links.push_back({NodeId{0}, NodeId{1}, SimTime{50}, BytesPerSecond{1'000'000'000}});
    topology_.emplace(machine_);
    memory_.emplace(engine_, machine_, *topology_);
  }
  static Task<void> process(Memory& m, int cpu, int memory, std::int64_t bytes, SimTime least,
                            SimTime& end) {
    co_await m.memory_->move(NodeId{cpu}, NodeId{memory}, Bytes{bytes}, least);
    end = m.engine_.now();
  }
  SimTime& move(int cpu, int memory, std::int64_t bytes, SimTime least = SimTime{}) {
    ends_.emplace_back();
    engine_.spawn(process(*this, cpu, memory, bytes, least, ends_.back()));
    return ends_.back();
  }

  Machine machine_;
  engine::Engine engine_;
  std::optional<Topology> topology_;
  std::optional<MemorySystem> memory_;
  std::deque<SimTime> ends_;
};

// 2000 B at 2 GB/s are 1000 ns, alone; two at once share the controller, another has none of it.
TEST_F(Memory, local_traffic_shares_the_controller) {
  SimTime& a = move(0, 0, 2000);
  SimTime& b = move(0, 0, 2000);
  SimTime& other = move(1, 1, 2000);
  engine_.run();
  EXPECT_NEAR(static_cast<double>(a.value), 2000, 1);
  EXPECT_EQ(a, b);
  EXPECT_EQ(other, SimTime{1000});
  EXPECT_NEAR(memory_->moved(NodeId{0}), 4000, 1e-3);
}

TEST_F(Memory, remote_traffic_is_as_fast_as_the_narrowest_part_of_its_way) {
  SimTime& remote = move(0, 1, 2000);
  engine_.run();
  EXPECT_EQ(remote, SimTime{2000}) << "the link is the bottleneck";
}

TEST_F(Memory, traffic_is_never_faster_than_its_processors) {
  SimTime& slow = move(0, 0, 2000, SimTime{5000});
  engine_.run();
  EXPECT_EQ(slow, SimTime{5000});
}

// Below full load another's traffic costs something already, and never more than its share.
TEST_F(Memory, queues_build_up_below_full_load) {
  SimTime& a = move(0, 0, 2000, SimTime{4000});
  SimTime& b = move(0, 0, 2000, SimTime{4000});
  engine_.run();
  EXPECT_EQ(a, b);
  EXPECT_GT(a, SimTime{4100});
  EXPECT_LT(a, SimTime{5000});
}

}  // namespace
}  // namespace mhp::machine
