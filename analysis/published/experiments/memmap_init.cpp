// Threads that pass over struct pages: the deferred initialisation of a node's memmap at boot, and
// what it was before it was one pass.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "analysis/published/experiment.hpp"
#include "analysis/published/set_up.hpp"
#include "sim/core/task.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::published {

namespace {

using kernel::Primitive;

struct InitParams {
  std::int64_t threads = 1;
  std::int64_t pages = 0;
  NodeId cpu_node{0};
  NodeId memory_node{0};
  std::vector<std::string> passes{"struct_page_init+struct_page_free"};
  bool free_to_buddy = true;
};

ParamSet<InitParams> init_params() {
  using P = InitParams;
  ParamSet<P> set;
  set.add("threads", &P::threads, {.doc = "threads that share the work", .min = 1, .max = 65'536})
      .add("pages", &P::pages, {.doc = "struct pages", .required = true, .min = 1})
      .add("cpu_node", &P::cpu_node, {.doc = "node of the processors"})
      .add("memory_node", &P::memory_node, {.doc = "node of the memmap"})
      .add("passes", &P::passes,
           {.doc = "passes over the whole memmap, each the primitives that it does to a struct "
                   "page, joined by '+': they share its lines"})
      .add("free_to_buddy", &P::free_to_buddy,
           {.doc = "blocks of the largest order are given to the page allocator, under the lock of "
                   "their zone"})
      .subtable("machine")
      .subtable("costs")
      .subtable("set");
  return set;
}

/// One pass: what it costs a struct page.
struct Pass {
  double cpu_ns = 0;
  double lines = 0;
  bool writes = false;
};

/// The primitives of a pass, by their names joined by '+'.
Pass read_pass(const std::string& text, const cost::CostProfile& costs, const Location& where,
               Diagnostics& errors) {
  Pass pass;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('+', start), text.size());
    const std::string name = text.substr(start, end - start);
    const auto it = std::find(kernel::kPrimitiveNames.begin(), kernel::kPrimitiveNames.end(), name);
    if (it == kernel::kPrimitiveNames.end()) {
      errors.push_back(
          {where, fmt::format("no primitive '{}'", name), "see sim/kernel/primitives.hpp"});
      return pass;
    }
    const auto& cost = costs.of(static_cast<Primitive>(it - kernel::kPrimitiveNames.begin()));
    pass.cpu_ns += static_cast<double>(cost.cpu.value) / 1000;
    pass.lines = std::max(pass.lines, static_cast<double>(cost.lines));
    pass.writes = pass.writes || cost.writes;
    start = end + 1;
  }
  return pass;
}

/// The work as padata shares it (padata_do_multithreaded, kernel/padata.c; deferred_init_memmap,
/// mm/page_alloc.c, Linux 5.8 and later): four portions a thread, each whole sections, taken by
/// whoever is free.
class Initialisation {
 public:
  Initialisation(const SetUp& set_up, const InitParams& params, std::vector<Pass> passes)
      : params_(params),
        passes_(std::move(passes)),
        topology_(set_up.machine),
        memory_(engine_, set_up.machine, topology_),
        zone_lock_(engine_),
        chunk_ns_(static_cast<double>(set_up.costs.of(Primitive::buddy_free_chunk).cpu.value) /
                  1000) {
    const machine::CoreParams& core = set_up.machine.core;
    speed_ = static_cast<double>(core.speed) / 1000;
    line_ns_ = static_cast<double>(topology_.latency(params.cpu_node, params.memory_node).value) *
               1000 / static_cast<double>(core.misses_in_flight_stream);
  }

  SimTime go() {
    for (const Pass& pass : passes_) {
      pass_ = pass;
      last_ = &pass == &passes_.back();
      next_ = 0;
      const std::int64_t share = (params_.pages + params_.threads * 4 - 1) / (params_.threads * 4);
      portion_ = std::max<std::int64_t>(1, (share + kSection - 1) / kSection) * kSection;
      for (std::int64_t t = 0; t < params_.threads; ++t) engine_.spawn(thread());
      engine_.run();
    }
    return engine_.now();
  }

 private:
  static constexpr std::int64_t kSection = 32'768;
  static constexpr std::int64_t kChunk = 1024;

  Task<void> thread() {
    while (next_ < params_.pages) {
      std::int64_t at = next_;
      const std::int64_t end = std::min(params_.pages, at + portion_);
      next_ = end;
      for (; at < end; at += kSection) {
        const auto pages = static_cast<double>(std::min(kSection, end - at));
        const double bytes = pages * pass_.lines * 64 * (pass_.writes ? 2 : 1);
        const double ns = pages * (pass_.cpu_ns / speed_ + pass_.lines * line_ns_);
        co_await memory_.move(params_.cpu_node, params_.memory_node,
                              Bytes{static_cast<std::int64_t>(bytes)},
                              SimTime{static_cast<std::int64_t>(ns)});
        if (!last_ || !params_.free_to_buddy) continue;
        co_await zone_lock_.lock();
        co_await engine_.delay(
            SimTime{static_cast<std::int64_t>(pages / kChunk * chunk_ns_ / speed_)});
        zone_lock_.unlock();
      }
    }
  }

  const InitParams params_;
  const std::vector<Pass> passes_;
  engine::Engine engine_;
  machine::Topology topology_;
  machine::MemorySystem memory_;
  engine::Mutex zone_lock_;
  double chunk_ns_;
  double speed_ = 1;
  double line_ns_ = 0;
  Pass pass_;
  bool last_ = false;
  std::int64_t next_ = 0;
  std::int64_t portion_ = 0;
};

Measured run_init(Value table, Diagnostics& errors) {
  const SetUp set_up = read_set_up(table, errors);
  InitParams p;
  init_params().read(table, p, errors);
  std::vector<Pass> passes;
  for (const std::string& text : p.passes)
    passes.push_back(read_pass(text, set_up.costs, table.where, errors));
  const auto nodes = static_cast<std::int32_t>(set_up.machine.nodes.size());
  if (errors.empty() && (p.cpu_node.value >= nodes || p.memory_node.value >= nodes))
    errors.push_back({table.where, "a node that the machine does not have",
                      fmt::format("nodes are numbered 0 to {}", nodes - 1)});
  if (!errors.empty()) return {};
  const SimTime time = Initialisation(set_up, p, std::move(passes)).go();
  return {static_cast<double>(time.value), true, "ok"};
}

}  // namespace

void register_experiment_memmap_init(ExperimentRegistry& registry) {
  registry.add({"memmap_init", "threads pass over the struct pages of a node",
                [](std::string_view prefix) { return init_params().describe(prefix); }, run_init});
}

}  // namespace mhp::published
