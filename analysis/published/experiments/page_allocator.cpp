// Cores that take pages from one zone, or give them back, as fast as they can: what the zone's lock
// lets through.
#include <algorithm>

#include "analysis/published/experiment.hpp"
#include "sim/core/task.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"

namespace mhp::published {

namespace {

struct AllocatorParams {
  std::int64_t cores = 1;
  std::int64_t operations = 20'000;
  std::int64_t batch = 1;
  Picoseconds outside;
  Picoseconds inside;
  SimTime handover{0};
};

ParamSet<AllocatorParams> allocator_params() {
  using P = AllocatorParams;
  ParamSet<P> set;
  set.add("cores", &P::cores, {.doc = "cores at work", .min = 1, .max = 8192})
      .add("operations", &P::operations, {.doc = "operations of each core", .min = 1})
      .add("batch", &P::batch,
           {.doc = "pages that move between zone and per-CPU list under one hold of the lock; 1: "
                   "there is no such list",
            .min = 1})
      .add("outside", &P::outside,
           {.doc = "time of one operation outside zone->lock", .required = true})
      .add("inside", &P::inside, {.doc = "time of one page under zone->lock", .required = true})
      .add(
          "handover", &P::handover,
          {.doc = "time under the lock until the lines that every holder writes have come from the "
                  "core that held it before",
           .min = SimTime{0}});
  return set;
}

struct Contest {
  engine::Engine engine;
  engine::Mutex lock{engine};
  AllocatorParams p;
  __int128 total_ns = 0;
  std::int64_t last_holder = -1;

  static Task<void> core(Contest& c, std::int64_t self) {
    const SimTime began = c.engine.now();
    for (std::int64_t done = 0; done < c.p.operations; done += c.p.batch) {
      const std::int64_t pages = std::min(c.p.batch, c.p.operations - done);
      co_await c.lock.lock();
      const bool elsewhere = c.last_holder >= 0 && c.last_holder != self;
      c.last_holder = self;
      co_await c.engine.delay(SimTime{pages * c.p.inside.value / 1000} +
                              (elsewhere ? c.p.handover : SimTime{}));
      c.lock.unlock();
      co_await c.engine.delay(SimTime{pages * c.p.outside.value / 1000});
    }
    c.total_ns += (c.engine.now() - began).value;
  }
};

Measured run_allocator(Value table, Diagnostics& errors) {
  Contest contest;
  allocator_params().read(table, contest.p, errors);
  if (!errors.empty()) return {};
  for (std::int64_t i = 0; i < contest.p.cores; ++i)
    contest.engine.spawn(Contest::core(contest, i));
  contest.engine.run();
  const auto operations = static_cast<double>(contest.p.cores * contest.p.operations);
  return {static_cast<double>(contest.total_ns) / operations, true, "ok"};
}

}  // namespace

void register_experiment_page_allocator(ExperimentRegistry& registry) {
  registry.add({"page_allocator", "cores allocate or free pages of one zone; mean time of one",
                [](std::string_view prefix) { return allocator_params().describe(prefix); },
                run_allocator});
}

}  // namespace mhp::published
