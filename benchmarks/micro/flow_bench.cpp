// Flows through memory controllers and links: what it costs when one of 10,000 ends and another
// begins, on 32 nodes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "sim/machine/memory_system.hpp"

namespace {

using namespace mhp;

constexpr int kNodes = 32;
constexpr int kFlows = 10'000;

/// Eight chassis of four nodes; every node is linked to those of its chassis and to its
/// counterparts.
machine::Machine large_machine() {
  machine::Machine m;
  m.nodes.assign(
      kNodes, machine::NodeParams{Bytes{kTiB}, 64, SimTime{100}, BytesPerSecond{200'000'000'000}});
  for (int a = 0; a < kNodes; ++a)
    for (int b = a + 1; b < kNodes; ++b)
      if (a / 4 == b / 4 || a % 4 == b % 4)
        m.links.push_back({NodeId{a}, NodeId{b}, SimTime{a / 4 == b / 4 ? 50 : 200},
                           BytesPerSecond{50'000'000'000}});
  return m;
}

/// Threads that move 2 MiB after 2 MiB between their own processors and some memory.
class Threads {
 public:
  /// `remote` of a hundred threads use the memory of another node than their own; a thread alone
  /// moves `speed` bytes a nanosecond or less, down to 5/9 of it, in `paces` steps.
  Threads(int remote, int paces, double speed)
      : machine_(large_machine()), topology_(machine_), memory_(engine_, machine_, topology_) {
    std::mt19937_64 random(1);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    threads_.reserve(kFlows);
    for (int i = 0; i < kFlows; ++i) {
      const int cpu = i % kNodes;
      const int memory = below(100) < remote ? below(kNodes) : cpu;
      const double ns =
          static_cast<double>(kAmount.value) / speed * (1 + 0.8 * below(paces) / paces);
      threads_.push_back(
          {this, NodeId{cpu}, NodeId{memory}, SimTime{static_cast<std::int64_t>(ns)}});
    }
    // They begin one after the other, so that they do not end together.
    for (Thread& t : threads_) {
      engine_.at(SimTime{below(1'000'000)}, &begin, &t);
    }
    engine_.run_until(SimTime{1'500'000});
  }
  void step() { engine_.step(); }
  std::int64_t ended() const { return ended_; }

 private:
  static constexpr Bytes kAmount{2 * kMiB};
  struct Thread {
    Threads* all;
    NodeId cpu;
    NodeId memory;
    SimTime least;
  };
  static void begin(void* thread) {
    auto* t = static_cast<Thread*>(thread);
    t->all->memory_.start(t->cpu, t->memory, kAmount, t->least, &again, t);
  }
  // A little later, so that an end and a beginning are two changes.
  static void again(void* thread) {
    Threads& all = *static_cast<Thread*>(thread)->all;
    ++all.ended_;
    all.engine_.after(SimTime{1000}, &begin, thread);
  }

  machine::Machine machine_;
  engine::Engine engine_;
  machine::Topology topology_;
  machine::MemorySystem memory_;
  std::vector<Thread> threads_;
  std::int64_t ended_ = 0;
};

// A change is one flow that ends or one that begins.
void change(benchmark::State& state) {
  Threads threads(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)),
                  static_cast<double>(state.range(2)) / 1000);
  const std::int64_t before = threads.ended();
  for (auto _ : state) threads.step();
  // Every event begins a flow or ends some, nearly always one.
  state.counters["ends_per_event"] =
      static_cast<double>(threads.ended() - before) / static_cast<double>(state.iterations());
}
BENCHMARK(change)
    ->ArgNames({"remote_percent", "paces", "MBps"})
    // All local: nodes do not feel each other.
    ->Args({0, 1, 10'000})
    ->Args({0, 8, 10'000})
    ->Args({0, 8, 400})
    ->Args({0, kFlows, 1000})
    // Some remote.
    ->Args({10, 8, 400})
    ->Args({10, 8, 10'000})
    ->Args({10, kFlows, 1000})
    // All anywhere: links at a few hundredths of what they can, at 0.8 and 2 of it, and wanted 20
    // times over, in a thousand and six thousand classes.
    ->Args({100, 1, 20})
    ->Args({100, 1, 400})
    ->Args({100, 1, 1000})
    ->Args({100, 1, 10'000})
    ->Args({100, 8, 10'000})
    // Each wants more than a link can do for it alone.
    ->Args({100, 1, 100'000})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
