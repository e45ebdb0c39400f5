// Threads that pass over struct pages: the deferred initialisation of a node's memmap at boot, as
// the kernel does it or in other passes.
#include <fmt/format.h>

#include <vector>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/passes.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/timed.hpp"
#include "sim/run/boot_memmap.hpp"

namespace mhp::published {

namespace {

struct InitParams {
  std::int64_t threads = 1;
  std::int64_t pages = 0;
  NodeId cpu_node{0};
  NodeId memory_node{0};
  std::vector<std::string> passes;
  bool free_to_buddy = true;
};

ParamSet<InitParams> init_params() {
  using P = InitParams;
  ParamSet<P> set;
  set.add("threads", &P::threads, {.doc = "threads that share the work", .min = 1, .max = 65'536})
      .add("pages", &P::pages, {.doc = "struct pages", .required = true, .min = 1})
      .add("cpu_node", &P::cpu_node, {.doc = "node of the processors"})
      .add("memory_node", &P::memory_node, {.doc = "node of the memmap"})
      .add("passes", &P::passes, {.doc = kPassesDoc})
      .add("free_to_buddy", &P::free_to_buddy,
           {.doc = "blocks of the largest order are given to the page allocator, under the lock of "
                   "their zone"})
      .subtable("machine")
      .subtable("kernel")
      .subtable("costs")
      .subtable("set");
  return set;
}

Measured run_init(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  InitParams p;
  init_params().read(table, p, errors, &set_up.used);
  const std::vector<kernel::Pass> passes =
      read_passes(p.passes, set_up.profile, table.where, errors);
  const auto nodes = static_cast<std::int32_t>(set_up.machine.nodes.size());
  if (errors.empty() && (p.cpu_node.value >= nodes || p.memory_node.value >= nodes))
    errors.push_back({table.where, "a node that the machine does not have",
                      fmt::format("nodes are numbered 0 to {}", nodes - 1)});
  if (!errors.empty()) return {};
  const run::InitTime sum =
      in_turn(passes,
              {.pages = PageCount{p.pages},
               .node = p.memory_node,
               .threads = p.threads,
               .to_buddy = p.free_to_buddy},
              [&](const kernel::MemmapInit::Work& work) {
                return run::memmap_init_time(set_up.machine, set_up.costs, work, p.cpu_node);
              });
  return timed(sum.time, sum.spent, set_up);
}

}  // namespace

void register_experiment_memmap_init(ExperimentRegistry& registry) {
  registry.add({"memmap_init", "threads pass over the struct pages of a node",
                [](std::string_view prefix) { return init_params().describe(prefix); }, run_init});
}

}  // namespace mhp::published
