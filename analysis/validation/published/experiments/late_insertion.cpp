// Memory that boot has left out, added late by a thread of each node.
#include "sim/kernel/boot/late_insertion.hpp"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/timed.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/run/timed_machine.hpp"

namespace mhp::published {

namespace {

struct InsertionParams {
  std::int64_t threads = 0;
  std::int64_t blocks = 0;
  Bytes block;
  std::int64_t registered = 0;
};

ParamSet<InsertionParams> insertion_params() {
  using P = InsertionParams;
  ParamSet<P> set;
  set.add("threads", &P::threads,
          {.doc = "threads, each on a node of its own from the second on",
           .required = true,
           .min = 1})
      .add("blocks", &P::blocks,
           {.doc = "memory blocks that each adds to its node", .required = true, .min = 1})
      .add("block", &P::block,
           {.doc = "a memory block, whole sections",
            .required = true,
            .min = bytes_of(PageCount{kernel::kSectionPages})})
      .add("registered", &P::registered,
           {.doc = "memory blocks that boot has registered", .min = 0})
      .subtable("machine")
      .subtable("costs")
      .subtable("set");
  return set;
}

Measured run_insertion(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  InsertionParams p;
  insertion_params().read(table, p, errors, &set_up.used);
  const auto others = static_cast<std::int64_t>(set_up.machine.nodes.size()) - 1;
  if (errors.empty() && p.threads > others)
    errors.push_back({table.where, "more threads than nodes for them",
                      fmt::format("the machine has {} besides the first", others)});
  if (errors.empty() && p.block.value % bytes_of(PageCount{kernel::kSectionPages}).value != 0)
    errors.push_back({table.where, "a block that is not whole sections", "for example 2GiB"});
  if (!errors.empty()) return {};
  kernel::LateInsertion insertion(
      {.blocks = p.blocks, .block = pages_of(p.block), .registered = p.registered});
  run::TimedMachine machine(set_up.machine, set_up.costs);
  std::vector<std::unique_ptr<run::TimedHost>> hosts;
  for (std::int64_t i = 1; i <= p.threads; ++i) {
    const NodeId node{static_cast<std::int32_t>(i)};
    hosts.push_back(machine.make_host(node));
    machine.engine.spawn(insertion.thread(*hosts.back(), node));
  }
  return timed(machine, set_up);
}

}  // namespace

void register_experiment_late_insertion(ExperimentRegistry& registry) {
  registry.add({"late_insertion", "threads add and online memory that boot has left out",
                [](std::string_view prefix) { return insertion_params().describe(prefix); },
                run_insertion});
}

}  // namespace mhp::published
