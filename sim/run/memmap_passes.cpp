#include "sim/run/memmap_passes.hpp"

#include <algorithm>
#include <deque>

#include "sim/core/invariant.hpp"
#include "sim/core/task.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::run {

namespace {

using kernel::Primitive;

/// The idle machine on which memmaps are passed over.
struct Bench {
  explicit Bench(const machine::Machine& machine)
      : core(machine.core), topology(machine), memory(engine, machine, topology) {}
  const machine::CoreParams core;
  engine::Engine engine;
  machine::Topology topology;
  machine::MemorySystem memory;
};

/// The work as padata shares it (padata_do_multithreaded, kernel/padata.c; deferred_init_memmap,
/// mm/page_alloc.c, Linux 5.8 and later): four portions a thread, each whole sections, taken by
/// whoever is free.
class Passes {
 public:
  Passes(Bench& bench, const cost::CostProfile& costs, const MemmapWork& work)
      : work_(work),
        core_(bench.core),
        engine_(bench.engine),
        topology_(bench.topology),
        memory_(bench.memory),
        zone_lock_(engine_),
        chunk_ns_(chunk_ns(costs, work.threads > 1)) {}

  /// Spawns the threads of one pass, and what goes on beside them.
  void begin(const MemmapPass& pass, const std::vector<MemmapCompetitor>& beside = {}) {
    pass_ = &pass;
    next_ = 0;
    const std::int64_t share = (work_.pages + work_.threads * 4 - 1) / (work_.threads * 4);
    portion_ = std::max<std::int64_t>(1, (share + kSection - 1) / kSection) * kSection;
    running_ = work_.threads;
    for (const MemmapCompetitor& c : beside) engine_.spawn(competitor(c));
    for (std::int64_t t = 0; t < work_.threads; ++t) engine_.spawn(thread());
  }
  /// When the last thread of the pass was done.
  SimTime end() const { return end_; }

 private:
  static constexpr std::int64_t kSection = 32'768;
  static constexpr std::int64_t kChunk = 1024;

  /// A block goes to its free list, under a lock that another thread has held before if there are
  /// several; its struct page is cached.
  static double chunk_ns(const cost::CostProfile& costs, bool handed_over) {
    const std::int64_t lines = handed_over ? kernel::kZoneLockLines : 0;
    return static_cast<double>(costs.of(Primitive::free_one_page).cpu.value +
                               lines * costs.of(Primitive::percpu_line).cpu.value) /
           1000;
  }

  double speed() const { return static_cast<double>(core_.speed) / 1000; }

  /// What the start of a stream of misses takes.
  double start_ns(NodeId cpu, NodeId memory) const {
    return static_cast<double>(core_.stream_start_misses) *
           static_cast<double>(topology_.latency(cpu, memory).value) / 1000;
  }

  /// Moves the lines of so many units of a pass.
  auto piece(const MemmapPass& pass, NodeId cpu, NodeId memory, double units) {
    const auto in_flight = static_cast<double>(pass.strided ? core_.misses_in_flight_stride
                                                            : core_.misses_in_flight_stream);
    const double line_ns =
        static_cast<double>(topology_.latency(cpu, memory).value) * 1000 / in_flight;
    const auto lines = static_cast<double>(pass.lines);
    const double bytes = units * lines * 64 * (pass.writes ? 2 : 1);
    double unit_ns = pass.cpu_ns / speed() + lines * line_ns;
    if (pass.fused && pass.lines > 0) unit_ns += start_ns(cpu, memory) / kChunk;
    const double ns = units * unit_ns;
    return memory_.move(cpu, memory, Bytes{static_cast<std::int64_t>(bytes)},
                        SimTime{static_cast<std::int64_t>(ns)});
  }

  Task<void> competitor(MemmapCompetitor c) {
    while (running_ > 0)
      co_await piece(c.pass, c.cpu_node, c.memory_node, static_cast<double>(kSection));
  }

  Task<void> thread() {
    const bool to_buddy = work_.free_to_buddy && pass_ == &work_.passes.back();
    while (next_ < work_.pages) {
      std::int64_t at = next_;
      const std::int64_t end = std::min(work_.pages, at + portion_);
      next_ = end;
      for (; at < end; at += work_.grain) {
        const auto pages = static_cast<double>(std::min(work_.grain, end - at));
        co_await piece(*pass_, work_.cpu_node, work_.memory_node, pages);
        if (!to_buddy) continue;
        co_await zone_lock_.lock();
        co_await engine_.delay(
            SimTime{static_cast<std::int64_t>(pages / kChunk * chunk_ns_ / speed())});
        zone_lock_.unlock();
      }
    }
    if (--running_ == 0) end_ = engine_.now();
  }

  const MemmapWork& work_;
  const machine::CoreParams core_;
  engine::Engine& engine_;
  const machine::Topology& topology_;
  machine::MemorySystem& memory_;
  engine::Mutex zone_lock_;
  double chunk_ns_;
  const MemmapPass* pass_ = nullptr;
  std::int64_t next_ = 0;
  std::int64_t portion_ = 0;
  std::int64_t running_ = 0;
  SimTime end_;
};

}  // namespace

MemmapPass pass_of(const std::vector<Primitive>& primitives, const cost::CostProfile& costs) {
  MemmapPass pass;
  pass.fused = primitives.size() > 1;
  for (const Primitive p : primitives) {
    const cost::PrimitiveCost& cost = costs.of(p);
    pass.cpu_ns += static_cast<double>(cost.cpu.value) / 1000;
    pass.lines = std::max(pass.lines, cost.lines);
    pass.strided = pass.strided || cost.access == "stride";
    pass.writes = pass.writes || cost.writes;
  }
  return pass;
}

SimTime simulate_passes(const machine::Machine& machine, const cost::CostProfile& costs,
                        const MemmapWork& work, const std::vector<MemmapCompetitor>& beside) {
  Bench bench(machine);
  Passes passes(bench, costs, work);
  SimTime all;
  for (const MemmapPass& pass : work.passes) {
    const SimTime start = bench.engine.now();
    passes.begin(pass, beside);
    bench.engine.run();
    all += passes.end() - start;
  }
  return all;
}

SimTime simulate_together(const machine::Machine& machine, const cost::CostProfile& costs,
                          const std::vector<MemmapWork>& works) {
  Bench bench(machine);
  std::deque<Passes> all;
  for (const MemmapWork& work : works) {
    MHP_INVARIANT(work.passes.size() == 1, "{} passes together", work.passes.size());
    all.emplace_back(bench, costs, work).begin(work.passes.front());
  }
  bench.engine.run();
  SimTime end;
  for (const Passes& p : all) end = std::max(end, p.end());
  return end;
}

}  // namespace mhp::run
