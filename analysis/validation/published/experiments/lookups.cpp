// Each element of a growing list or array is looked up by a walk over all before it.
#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/timed.hpp"
#include "sim/kernel/boot/block_lookup.hpp"
#include "sim/run/timed_machine.hpp"

namespace mhp::published {

namespace {

struct LookupParams {
  std::int64_t elements = 0;
  std::string in;
};

ParamSet<LookupParams> lookup_params() {
  using P = LookupParams;
  ParamSet<P> set;
  set.add("elements", &P::elements,
          {.doc = "elements, looked up one after the other", .required = true, .min = 1})
      .add("in", &P::in,
           {.doc = "what they are looked up in",
            .required = true,
            .choices = {{"list", "a list of devices (list_element)"},
                        {"array", "an array of records (array_element)"}}})
      .subtable("machine")
      .subtable("costs")
      .subtable("set");
  return set;
}

Measured run_lookups(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  LookupParams p;
  lookup_params().read(table, p, errors, &set_up.used);
  if (!errors.empty()) return {};
  const auto element =
      p.in == "list" ? kernel::Primitive::list_element : kernel::Primitive::array_element;
  run::TimedMachine machine(set_up.machine, set_up.costs);
  const auto host = machine.make_host(NodeId{0});
  machine.engine.spawn(kernel::look_up_blocks(*host, p.elements, element));
  return timed(machine, set_up);
}

}  // namespace

void register_experiment_lookups(ExperimentRegistry& registry) {
  registry.add({"lookups", "every element is found by a walk over those before it",
                [](std::string_view prefix) { return lookup_params().describe(prefix); },
                run_lookups});
}

}  // namespace mhp::published
