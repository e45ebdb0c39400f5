// So many units of kernel work by one CPU, nobody else at work.
#include <fmt/format.h>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "sim/cost/pricer.hpp"

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

Measured run_work(Value table, Diagnostics& errors) {
  const SetUp set_up = read_set_up(table, errors);
  WorkParams p;
  work_params().read(table, p, errors);
  if (!errors.empty()) return {};
  const machine::Topology topology(set_up.machine);
  cost::Pricer pricer(set_up.costs, topology, NodeId{0});
  for (std::size_t i = 0; i < kernel::kPrimitives; ++i)
    if (kernel::kPrimitiveNames[i] == p.primitive)
      return {static_cast<double>(
                  pricer.price(static_cast<kernel::Primitive>(i), p.count, NodeId{0}).time.value),
              true, "ok"};
  return {};
}

}  // namespace

void register_experiment_work(ExperimentRegistry& registry) {
  registry.add({"work", "one CPU does so many units of one kind of kernel work",
                [](std::string_view prefix) { return work_params().describe(prefix); }, run_work});
}

}  // namespace mhp::published
