// What a sweep costs besides the simulation: per run, for a study whose every run is another
// scenario, and step by step.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "sim/run/run.hpp"
#include "sim/study/sweep/journal_index.hpp"
#include "sim/study/sweep/sweep.hpp"

namespace {

using namespace mhp::study;

/// Sizes of an already small hot-add, in both placements; `more` axes change other parts too.
std::string study_text(std::size_t samples, bool more) {
  std::string text =
      "name = 'bench'\ndesign = 'latin_hypercube'\nsamples = " + std::to_string(samples) +
      "\nscenario = '" MHP_SOURCE_DIR
      "/configs/scenarios/small-guest.toml'\n"
      "[[axis]]\nkey = 'hotplug.0.size'\nfrom = '128MiB'\nto = '1GiB'\nmultiple_of = '128MiB'\n"
      "[[axis]]\nkey = 'hotplug.0.device.device_add'\nfrom = '0s'\nto = '1s'\n";
  if (more)
    text +=
        "[[axis]]\nkey = 'costs.block_device.cpu'\nfrom = '10us'\nto = '1ms'\nscale = 'log'\n"
        "[[axis]]\nkey = 'kernel.memmap_placement'\nvalues = ['boot_memory', 'hotplugged_range']\n";
  return text;
}

/// A study in a folder of its own.
struct Bench {
  explicit Bench(std::size_t samples, bool more) {
    char name[] = "/tmp/mhpsim-bench-XXXXXX";
    folder = mkdtemp(name);
    std::ofstream(folder + "/s.toml") << study_text(samples, more);
    auto loaded = load_study(folder + "/s.toml", {});
    if (!loaded) throw std::runtime_error(loaded.error().front().text());
    study = std::make_unique<Study>(std::move(*loaded));
    plan = std::make_unique<Plan>(*study);
    scenarios = std::make_unique<Scenarios>(*plan);
  }
  ~Bench() { std::filesystem::remove_all(folder); }

  std::string folder;
  std::unique_ptr<Study> study;
  std::unique_ptr<Plan> plan;
  std::unique_ptr<Scenarios> scenarios;
};

/// The simulation alone, as a sweep asks for it: scenarios are made outside the timing.
void simulation_alone(benchmark::State& state) {
  const Bench bench(1000, state.range(0) != 0);
  ScenarioCursor cursor(*bench.scenarios);
  std::vector<mhp::config::Scenario> scenarios;
  for (std::uint64_t p = 0; p < 1000; ++p)
    scenarios.push_back((*cursor.at(bench.plan->at(p)))->scenario());
  std::size_t i = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(mhp::run::simulate(scenarios[i++ % 1000], {.explain = false}));
}
BENCHMARK(simulation_alone)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

/// A sweep as a whole, per run.
void sweep_per_run(benchmark::State& state) {
  constexpr std::size_t kRuns = 4000;
  const Bench bench(kRuns, state.range(0) != 0);
  const SweepOptions options{.folder = bench.folder,
                             .threads = static_cast<unsigned>(state.range(1))};
  for (auto _ : state) {
    std::filesystem::remove(bench.folder + "/shard-1-of-1.journal");
    if (!sweep(*bench.scenarios, options)) state.SkipWithError("the sweep failed");
  }
  state.counters["per_run"] =
      benchmark::Counter(static_cast<double>(kRuns), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}
BENCHMARK(sweep_per_run)
    ->ArgNames({"more_axes", "threads"})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Args({0, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void point_and_identity(benchmark::State& state) {
  const Bench bench(1'000'000, state.range(0) != 0);
  std::uint64_t p = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(run_id(bench.scenarios->hash(bench.plan->at(p++ % 1'000'000)), 0));
}
BENCHMARK(point_and_identity)->Arg(0)->Arg(1);

void scenario_of_a_point(benchmark::State& state) {
  const Bench bench(1'000'000, state.range(0) != 0);
  ScenarioCursor cursor(*bench.scenarios);
  std::vector<Position> points;
  for (std::uint64_t p = 0; p < 1000; ++p) points.push_back(bench.plan->at(p));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cursor.at(points[i++ % 1000]));
}
BENCHMARK(scenario_of_a_point)->Arg(0)->Arg(1);

void record_and_append(benchmark::State& state) {
  const Bench bench(10, false);
  mhp::record::SystemFileSink files;
  JournalWriter journal(bench.folder + "/a.journal", 0, {}, files);
  ScenarioCursor cursor(*bench.scenarios);
  const mhp::run::RunResult result =
      mhp::run::simulate((*cursor.at(bench.plan->at(0)))->scenario(), {});
  std::shared_ptr<const MetricSet> set;
  std::uint64_t id = 0;
  for (auto _ : state) benchmark::DoNotOptimize(journal.append(record_of(id++, result, set)));
}
BENCHMARK(record_and_append);

}  // namespace
