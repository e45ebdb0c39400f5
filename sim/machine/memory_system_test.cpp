#include "sim/machine/memory_system.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace mhp::machine::memory_system_test {
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

// A node of its own variability: equal service makes others wait less.
TEST_F(Memory, a_node_may_have_a_variability_of_its_own) {
  machine_.nodes[1].service_variability = 0;
  memory_.emplace(engine_, machine_, *topology_);
  std::vector<SimTime*> ends;
  for (const int node : {0, 0, 1, 1}) ends.push_back(&move(node, node, 2000, SimTime{4000}));
  engine_.run();
  EXPECT_EQ(*ends[2], *ends[3]);
  EXPECT_LT(*ends[2], *ends[0]);
}

/// A socket as MLC loads it: 128 threads with 15.75 lines of 64 bytes in flight each, which pause
/// after every line so that they move `wanted` bytes a nanosecond if nobody waits.
struct Loaded {
  double bandwidth;
  double latency;
};
Loaded loaded(double wanted) {
  constexpr double kIdle = 113;
  constexpr double kInFlight = 15.75;
  constexpr std::int64_t kThreads = 128;
  engine::FlowRates rates;
  rates.add_resource({354.5, true, 4});
  const double fastest = kIdle / (64 * kInFlight);
  engine::FlowClass threads{
      .route = {0}, .pace = std::max(fastest, static_cast<double>(kThreads) / wanted), .waits = {}};
  rates.set_flows(threads, kThreads);
  rates.solve();
  return {static_cast<double>(kThreads) * threads.rate, kIdle + kInFlight * 64 * threads.waits[0]};
}

// Idle: 113 ns. All lines in flight at a full controller, by Little's law: 128 * 15.75 * 64 B /
// 354.5 B/ns = 364 ns.
TEST(loaded_latency, begins_at_idle_and_ends_with_all_lines_in_the_queue) {
  EXPECT_NEAR(loaded(1).latency, 113, 0.5);
  const Loaded full = loaded(1e9);
  EXPECT_NEAR(full.latency, 128 * 15.75 * 64 / full.bandwidth, 0.01 * full.latency);
  EXPECT_GT(full.bandwidth, 0.97 * 354.5);
  double before = 0;
  for (double wanted = 10; wanted < 1000; wanted += 10) {
    EXPECT_GE(loaded(wanted).latency, before);
    before = loaded(wanted).latency;
  }
}

// MLC on one socket, read only, all threads (DRAMHiT notes, 2025): flat up to 0.7 of the peak,
// three times the idle latency at the peak. docs/model.md has the table.
TEST(loaded_latency, lies_within_6_percent_of_a_published_curve_up_to_0_7_of_the_peak) {
  for (const auto& [bandwidth, latency] :
       {std::pair{25.9, 114.1}, {50.5, 117.1}, {84.9, 121.9}, {126.2, 123.1}, {246.8, 127.5}}) {
    double wanted = bandwidth;
    for (int i = 0; i < 100; ++i) wanted *= bandwidth / loaded(wanted).bandwidth;
    EXPECT_NEAR(loaded(wanted).bandwidth, bandwidth, 0.01 * bandwidth);
    EXPECT_NEAR(loaded(wanted).latency / latency, 1, 0.06) << bandwidth;
  }
  EXPECT_NEAR(loaded(1e9).latency / 339.8, 1, 0.1);
}

}  // namespace
}  // namespace mhp::machine::memory_system_test
