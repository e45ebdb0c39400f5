// Each element of a growing list or array is looked up by a walk over all before it.
#include "analysis/validation/published/experiment.hpp"

namespace mhp::published {

namespace {

struct LookupParams {
  std::int64_t elements = 0;
  Picoseconds element;
};

ParamSet<LookupParams> lookup_params() {
  using P = LookupParams;
  ParamSet<P> set;
  set.add("elements", &P::elements,
          {.doc = "elements, looked up one after the other", .required = true, .min = 1})
      .add("element", &P::element,
           {.doc = "time that passing one element takes", .required = true});
  return set;
}

Measured run_lookups(Value table, Diagnostics& errors) {
  LookupParams p;
  lookup_params().read(table, p, errors);
  const auto n = static_cast<double>(p.elements);
  return {n * (n - 1) / 2 * static_cast<double>(p.element.value) / 1000, true, "ok"};
}

}  // namespace

void register_experiment_lookups(ExperimentRegistry& registry) {
  registry.add({"lookups", "every element is found by a walk over those before it",
                [](std::string_view prefix) { return lookup_params().describe(prefix); },
                run_lookups});
}

}  // namespace mhp::published
