// So many units of kernel work by one CPU, nobody else at work.
#include <algorithm>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/timed.hpp"
#include "sim/core/task.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/run/timed_machine.hpp"

namespace mhp::published {

namespace {

struct WorkParams {
  std::string primitive;
  std::int64_t count = 1;
};

ParamSet<WorkParams> work_params() {
  using P = WorkParams;
  std::vector<Choice> names;
  for (const auto name : kernel::kPrimitiveNames) names.push_back({std::string(name), ""});
  ParamSet<P> set;
  set.add("primitive", &P::primitive,
          {.doc = "the work (sim/kernel/primitives.hpp)", .required = true, .choices = names})
      .add("count", &P::count, {.doc = "units of it", .min = 0})
      .subtable("machine")
      .subtable("costs")
      .subtable("set");
  return set;
}

Task<void> do_work(Host& host, const WorkParams& p) {
  const auto* name =
      std::find(kernel::kPrimitiveNames.begin(), kernel::kPrimitiveNames.end(), p.primitive);
  const auto primitive = static_cast<kernel::Primitive>(name - kernel::kPrimitiveNames.begin());
  co_await kernel::spend(host, primitive, p.count, NodeId{0});
}

Measured run_work(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  WorkParams p;
  work_params().read(table, p, errors, &set_up.used);
  if (!errors.empty()) return {};
  run::TimedMachine machine(set_up.machine, set_up.costs);
  const auto host = machine.make_host(NodeId{0});
  machine.engine.spawn(do_work(*host, p));
  return timed(machine, set_up);
}

}  // namespace

void register_experiment_work(ExperimentRegistry& registry) {
  registry.add({"work", "one CPU does so many units of one kind of kernel work",
                [](std::string_view prefix) { return work_params().describe(prefix); }, run_work});
}

}  // namespace mhp::published
