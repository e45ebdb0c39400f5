// Threads that pass over struct pages, where the answer is known.
#include "sim/run/memmap_passes.hpp"

#include <gtest/gtest.h>

namespace mhp::run {
namespace {

machine::Machine machine_with(std::int64_t bandwidth) {
  machine::Machine m;
  m.core = {1000, 10'000, 4'000};
  m.nodes.push_back({Bytes{kGiB}, 4, SimTime{100}, BytesPerSecond{bandwidth}});
  return m;
}

constexpr std::int64_t kPlenty = 1'000'000'000'000'000;
constexpr std::int64_t kPages = 100 * 32'768;

double ns_per_page(const machine::Machine& m, const MemmapPass& pass, std::int64_t threads,
                   const std::vector<MemmapCompetitor>& beside = {}) {
  const MemmapWork work{threads, kPages, NodeId{0}, NodeId{0}, {pass}};
  return static_cast<double>(simulate_passes(m, {}, work, beside).value) / kPages;
}

// cpu + lines * latency / misses in flight, in order or far apart.
TEST(memmap_passes, of_one_thread_take_cpu_time_and_misses) {
  const auto m = machine_with(kPlenty);
  EXPECT_NEAR(ns_per_page(m, {3, 1, false, true}, 1), 3 + 100 / 10.0, 1e-3);
  EXPECT_NEAR(ns_per_page(m, {3, 2, true, false}, 1), 3 + 2 * 100 / 4.0, 1e-3);
  const MemmapWork both{1, kPages, NodeId{0}, NodeId{0}, {{3, 1, false, true}, {1, 1}}};
  EXPECT_NEAR(static_cast<double>(simulate_passes(m, {}, both).value) / kPages, 13 + 11, 1e-3);
}

// Once for each batch of 1024, and only where a pass goes back over a batch.
TEST(memmap_passes, that_go_back_start_their_stream_again) {
  auto m = machine_with(kPlenty);
  m.core.stream_start_misses = 2'500;
  EXPECT_NEAR(ns_per_page(m, {3, 1, false, true, false}, 1), 3 + 10, 1e-3);
  EXPECT_NEAR(ns_per_page(m, {3, 1, false, true, true}, 1), 3 + 10 + 2.5 * 100 / 1024, 1e-3);
}

// Without bandwidth to share nobody is in the way; with half of what two ask for, each gets half.
TEST(memmap_passes, slow_down_beside_a_competitor_as_beside_a_second_thread) {
  const MemmapPass pass{0, 1, false, true};
  EXPECT_NEAR(ns_per_page(machine_with(kPlenty), pass, 1, {{pass}}), 10, 1e-3);
  const auto narrow = machine_with(64LL * 2 * 100'000'000);  // one line each way in 10 ns
  const double beside = ns_per_page(narrow, pass, 1, {{pass}});
  EXPECT_GE(beside, 2 * 10 * (1 - 1e-3));
  EXPECT_NEAR(beside, 2 * ns_per_page(narrow, pass, 2), 1e-2 * beside);
}

TEST(pass_of, adds_processor_time_and_shares_lines) {
  cost::CostProfile costs;
  costs.primitives[0] = {Picoseconds{2000}, 1, "stream", true, {}};
  costs.primitives[1] = {Picoseconds{500}, 1, "stream", false, {}};
  costs.primitives[2] = {Picoseconds{7000}, 2, "stride", false, {}};
  const auto p = [](int i) { return static_cast<kernel::Primitive>(i); };
  const MemmapPass fused = pass_of({p(0), p(1)}, costs);
  EXPECT_EQ(fused.cpu_ns, 2.5);
  EXPECT_EQ(fused.lines, 1);
  EXPECT_TRUE(fused.writes);
  EXPECT_FALSE(fused.strided);
  EXPECT_TRUE(fused.fused);
  EXPECT_FALSE(pass_of({p(0)}, costs).fused);
  EXPECT_TRUE(pass_of({p(2)}, costs).strided);
}

}  // namespace
}  // namespace mhp::run
