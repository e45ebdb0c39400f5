// Whole runs: the quickstart under both placements.
#include <benchmark/benchmark.h>

#include <string>

#include "sim/config/scenario.hpp"
#include "sim/run/run.hpp"

namespace {

void quickstart(benchmark::State& state) {
  const auto scenario =
      mhp::config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml", {});
  if (!scenario) return state.SkipWithError("the scenario does not load");
  const char* placement = state.range(0) == 0 ? "boot_memory" : "hotplugged_range";
  std::int64_t events = 0;
  for (auto _ : state)
    events += mhp::run::simulate(*scenario, {.placement = placement}).engine.executed;
  state.SetItemsProcessed(events);
  state.SetLabel(placement);
}
BENCHMARK(quickstart)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
