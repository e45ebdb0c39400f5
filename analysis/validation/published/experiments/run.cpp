// A whole scenario, and one of its metrics.
#include "sim/run/run.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/rests_on.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "sim/config/kernel_profiles.hpp"

namespace mhp::published {

namespace {

struct RunParams {
  std::string scenario;
  std::string placement;
  std::string metric = "outcome";
  std::vector<std::string> set;
};

ParamSet<RunParams> run_params() {
  using P = RunParams;
  ParamSet<P> set;
  set.add("scenario", &P::scenario, {.doc = "scenario file", .required = true})
      .add("placement", &P::placement, {.doc = "memmap placement; empty: as the scenario says"})
      .add("metric", &P::metric,
           {.doc = "metric to read, the first of its name (docs/metrics.md); or 'outcome'"})
      .add("set", &P::set, {.doc = "settings, as --set takes them"});
  return set;
}

Measured run_scenario(Value table, Diagnostics& errors) {
  RunParams p;
  run_params().read(table, p, errors);
  if (!errors.empty()) return {};
  namespace fs = std::filesystem;
  const Value& named = *table.find("scenario");
  const fs::path file = fs::path(named.where.file).parent_path() / p.scenario;
  const auto scenario = config::load_scenario(file.lexically_normal().string(), p.set);
  if (!scenario) {
    errors.insert(errors.end(), scenario.error().begin(), scenario.error().end());
    return {};
  }
  const auto result = run::simulate(
      *scenario,
      {.placement = p.placement, .seed = static_cast<std::uint64_t>(scenario->run.seed)});
  Measured out{{},
               false,
               std::string(word(result.outcome)),
               rests_on(scenario->used, result.spent, scenario->machine.core, scenario->costs),
               config::kernel_note(scenario->profile)};
  if (p.metric == "outcome") return out;
  for (const run::Metric& m : result.metrics) {
    if (m.name != p.metric) continue;
    if (m.value) out.value = static_cast<double>(*m.value);
    out.time = m.unit == Unit::ns;
    return out;
  }
  errors.push_back({table.find("metric")->where,
                    fmt::format("the run has no metric '{}'", p.metric), "see docs/metrics.md"});
  return out;
}

}  // namespace

void register_experiment_run(ExperimentRegistry& registry) {
  registry.add({"run", "a scenario is simulated, and one of its metrics read",
                [](std::string_view prefix) { return run_params().describe(prefix); },
                run_scenario});
}

}  // namespace mhp::published
