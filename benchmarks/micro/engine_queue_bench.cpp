// What an event costs. HOLD keeps N events pending: each schedules its successor after a random
// increment. Branch does the same with 0 or 2 successors, so that a popped slot cannot always be
// reused at once. BarePriorityQueue is the floor of comparison: std::priority_queue with the
// payload inside and no handles, cancellation, statistics or zero-delay events. Compare with the
// faster of its two forms.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <queue>
#include <tuple>
#include <vector>

#include "sim/engine/engine.hpp"

namespace {

using mhp::SimTime;
using mhp::Task;
using mhp::engine::BasicEngine;
using mhp::engine::Callback;
using mhp::engine::EventHandle;
using mhp::engine::StdQueue;
using mhp::engine::TournamentTree;

constexpr double kMean = 1e9;  // ns
constexpr std::int64_t kBatch = 1 << 14;

// Inverse distribution functions of the increments.
struct Exp {
  static double quantile(double u) { return -kMean * std::log1p(-u); }
};
struct Uni {
  static double quantile(double u) { return 2 * kMean * u; }
};
// 90 % near, 10 % ten times farther (Ronngren and Ayani, ACM TOMACS 7(2), 1997).
struct Bi {
  static double quantile(double u) {
    return u < 0.9 ? 0.95238 * kMean * (u / 0.9) : kMean * (9.5238 + 0.95238 * (u - 0.9) / 0.1);
  }
};
// 90 % exponential with a millionth of the mean, 10 % exponential with ten times the mean.
struct Mix {
  static double quantile(double u) {
    return u < 0.9 ? -1e-6 * kMean * std::log1p(-std::min(u / 0.9, 0.9999))
                   : -10 * kMean * std::log1p(-std::min((u - 0.9) / 0.1, 0.9999));
  }
};
struct Zero {};

// Draws increments from 1024 precomputed quantiles with linear interpolation: every distribution
// costs one multiplication and one cache hit.
template <class Distribution>
class Increments {
 public:
  Increments() {
    for (int i = 0; i <= 1024; ++i) {
      const double u = std::min(i / 1024.0, 1.0 - 1.0 / 8192);
      table_[i] = static_cast<std::int64_t>(Distribution::quantile(u)) + 1;
    }
  }
  SimTime operator()() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t i = state_ >> 54;
    const auto fraction = static_cast<std::int64_t>(state_ >> 30 & 0xffffff);
    return SimTime{table_[i] + ((table_[i + 1] - table_[i]) * fraction >> 24)};
  }
  bool coin() { return (state_ >> 29 & 1) != 0; }

 private:
  std::uint64_t state_ = 12345;
  std::int64_t table_[1025];
};
template <>
class Increments<Zero> {
 public:
  SimTime operator()() { return {}; }
};

struct BareEvent {
  std::int64_t time;
  std::int64_t sequence;
  Callback fn;
  void* context;
};
// The same order written in two ways. Compilers make branches of the first, which is faster where
// comparisons are predictable (Mix), and none of the second, which is faster elsewhere.
struct Branching {
  bool operator()(const BareEvent& a, const BareEvent& b) const {
    return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
  }
};
struct BranchFree {
  bool operator()(const BareEvent& a, const BareEvent& b) const {
    return std::tie(a.time, a.sequence) > std::tie(b.time, b.sequence);
  }
};

template <class Later>
class BareEngine {
 public:
  SimTime now() const { return now_; }
  void after(SimTime dt, Callback fn, void* context) {
    queue_.push({now_.value + dt.value, sequence_++, fn, context});
  }
  void stop() { stopped_ = true; }
  void run() {
    stopped_ = false;
    while (!stopped_) {
      const BareEvent e = queue_.top();
      queue_.pop();
      now_ = SimTime{e.time};
      e.fn(e.context);
    }
  }

 private:
  std::priority_queue<BareEvent, std::vector<BareEvent>, Later> queue_;
  SimTime now_;
  std::int64_t sequence_ = 0;
  bool stopped_ = false;
};

using Tree = BasicEngine<TournamentTree>;
using Std = BasicEngine<StdQueue>;
using BarePriorityQueue = BareEngine<Branching>;
using BarePriorityQueueBranchFree = BareEngine<BranchFree>;

template <class Engine, class Distribution>
struct Model {
  Engine engine;
  Increments<Distribution> increment;
  std::int64_t events_left = 0;
  std::int64_t pending = 0;
  std::int64_t target = 0;

  void count_down() {
    if (--events_left == 0) engine.stop();
  }
  static void hold(void* context) {
    auto& m = *static_cast<Model*>(context);
    m.engine.after(m.increment(), &hold, context);
    m.count_down();
  }
  // The population walks at random and is kept within 10 % of the target.
  static void branch(void* context) {
    auto& m = *static_cast<Model*>(context);
    --m.pending;
    const bool grow = m.pending * 10 < m.target * 9;
    const bool shrink = m.pending * 10 > m.target * 11;
    if (grow || (!shrink && m.increment.coin())) {
      m.engine.after(m.increment(), &branch, context);
      m.engine.after(m.increment(), &branch, context);
      m.pending += 2;
    }
    m.count_down();
  }
  void run_events(std::int64_t n) {
    events_left = n;
    engine.run();
  }
};

template <class Engine, class Distribution>
void measure(benchmark::State& state, Model<Engine, Distribution>& model) {
  model.run_events(std::max<std::int64_t>(2 * state.range(0), 100'000));
  while (state.KeepRunningBatch(kBatch)) model.run_events(kBatch);
  state.SetItemsProcessed(state.iterations());
}

template <class Engine, class Distribution>
void Hold(benchmark::State& state) {
  auto model = std::make_unique<Model<Engine, Distribution>>();
  for (std::int64_t i = 0; i < state.range(0); ++i)
    model->engine.after(model->increment(), &model->hold, model.get());
  measure(state, *model);
}

template <class Engine, class Distribution>
void Branch(benchmark::State& state) {
  auto model = std::make_unique<Model<Engine, Distribution>>();
  model->target = model->pending = state.range(0);
  for (std::int64_t i = 0; i < state.range(0); ++i)
    model->engine.after(model->increment(), &model->branch, model.get());
  measure(state, *model);
}

template <class Engine, class Distribution>
Task<void> process(Model<Engine, Distribution>& model) {
  for (;;) {
    co_await model.engine.delay(model.increment());
    model.count_down();
  }
}

template <class Engine, class Distribution>
Task<void> child(Model<Engine, Distribution>& model) {
  co_await model.engine.delay(model.increment());
}

template <class Engine, class Distribution>
Task<void> parent(Model<Engine, Distribution>& model) {
  for (;;) {
    co_await child(model);
    model.count_down();
  }
}

template <class Engine, class Distribution>
void HoldProcess(benchmark::State& state) {
  auto model = std::make_unique<Model<Engine, Distribution>>();
  for (std::int64_t i = 0; i < state.range(0); ++i) model->engine.spawn(process(*model));
  measure(state, *model);
}

template <class Engine, class Distribution>
void HoldNestedProcess(benchmark::State& state) {
  auto model = std::make_unique<Model<Engine, Distribution>>();
  for (std::int64_t i = 0; i < state.range(0); ++i) model->engine.spawn(parent(*model));
  measure(state, *model);
}

// Moves random pending events; none runs.
template <class Engine>
void Reschedule(benchmark::State& state) {
  Engine engine;
  Increments<Exp> increment;
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<EventHandle> handles(n);
  for (EventHandle& h : handles)
    h = engine.at(
        increment(), [](void*) {}, nullptr);
  std::uint64_t random = 1;
  for (auto _ : state) {
    random = random * 6364136223846793005U + 1;
    benchmark::DoNotOptimize(engine.reschedule(handles[(random >> 32) * n >> 32], increment()));
  }
}

// Takes back random pending events, each replaced by a new one; none runs.
template <class Engine>
void CancelAndSchedule(benchmark::State& state) {
  Engine engine;
  Increments<Exp> increment;
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<EventHandle> handles(n);
  for (EventHandle& h : handles)
    h = engine.at(
        increment(), [](void*) {}, nullptr);
  std::uint64_t random = 1;
  for (auto _ : state) {
    random = random * 6364136223846793005U + 1;
    EventHandle& h = handles[(random >> 32) * n >> 32];
    engine.cancel(h);
    h = engine.at(
        increment(), [](void*) {}, nullptr);
  }
}

void sizes(benchmark::internal::Benchmark* b) {
  for (const int n : {100, 1'000, 10'000, 100'000}) b->Arg(n);
}

#define MHP_COMPARE(Pattern, Distribution)                                    \
  BENCHMARK_TEMPLATE(Pattern, Tree, Distribution)->Apply(sizes);              \
  BENCHMARK_TEMPLATE(Pattern, Std, Distribution)->Apply(sizes);               \
  BENCHMARK_TEMPLATE(Pattern, BarePriorityQueue, Distribution)->Apply(sizes); \
  BENCHMARK_TEMPLATE(Pattern, BarePriorityQueueBranchFree, Distribution)->Apply(sizes)

MHP_COMPARE(Hold, Exp);
MHP_COMPARE(Hold, Uni);
MHP_COMPARE(Hold, Bi);
MHP_COMPARE(Hold, Mix);
MHP_COMPARE(Branch, Exp);
MHP_COMPARE(Branch, Mix);

// Zero delays never reach the queue: the difference between these three is the coroutine.
BENCHMARK_TEMPLATE(Hold, Tree, Zero)->Arg(100);
BENCHMARK_TEMPLATE(HoldProcess, Tree, Zero)->Arg(100);
BENCHMARK_TEMPLATE(HoldNestedProcess, Tree, Zero)->Arg(100);
BENCHMARK_TEMPLATE(HoldProcess, Tree, Exp)->Apply(sizes);
BENCHMARK_TEMPLATE(HoldNestedProcess, Tree, Exp)->Apply(sizes);

BENCHMARK_TEMPLATE(Reschedule, Tree)->Apply(sizes);
// A rescheduled event leaves a dead entry in StdQueue, so only the tree runs at a steady state.
BENCHMARK_TEMPLATE(CancelAndSchedule, Tree)->Apply(sizes);

}  // namespace
