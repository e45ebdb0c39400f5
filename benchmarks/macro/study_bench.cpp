// Runs of a study as benchmark cases: study_bench [STUDY.toml] [--only=GLOB] [--benchmark_...].
// `mhpsim collect --from-benchmark` makes a study file of the JSON.
#include <benchmark/benchmark.h>
#include <fnmatch.h>

#include <cstdio>
#include <memory>
#include <string>

#include "sim/run/run.hpp"
#include "sim/study/collect/benchmark_file.hpp"
#include "sim/study/design/scenarios.hpp"

namespace {

using namespace mhp;
using namespace mhp::study;

constexpr const char* kDefault = MHP_SOURCE_DIR "/configs/studies/simulator-speed.toml";

/// One point of the study, simulated again and again.
void simulate(benchmark::State& state, const Scenarios& scenarios, std::uint64_t point) {
  ScenarioCursor cursor(scenarios);
  const auto made = cursor.at(scenarios.plan().at(point));
  if (!made) return state.SkipWithError(made.error().front().text().c_str());
  const config::Scenario& scenario = (*made)->scenario();
  mhp::run::RunResult result;
  for (auto _ : state)
    result =
        mhp::run::simulate(scenario, {{}, static_cast<std::uint64_t>(scenario.run.seed), 0, {}});
  const auto events = static_cast<double>(result.engine.executed);
  const auto simulated = static_cast<double>(result.samples.back().time.value);
  using benchmark::Counter;
  state.counters[kBenchmarkPoint] = static_cast<double>(point);
  state.counters["events"] = events;
  state.counters["simulated_time"] = simulated;
  state.counters["events_per_second"] = Counter(events, Counter::kIsIterationInvariantRate);
  state.counters["simulated_seconds_per_second"] =
      Counter(simulated / 1e9, Counter::kIsIterationInvariantRate);
  state.SetLabel(std::string(word(result.outcome)));
}

int complain(const Diagnostics& errors) {
  for (const Diagnostic& d : errors) std::fprintf(stderr, "%s\n", d.text().c_str());
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::string path = kDefault, only = "*";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--only="))
      only = word.substr(7);
    else if (word.starts_with("-"))
      return std::fprintf(stderr, "usage: study_bench [STUDY.toml] [--only=GLOB]\n"), 2;
    else
      path = word;
  }
  const auto study = load_study(path, {});
  if (!study) return complain(study.error());
  const Plan plan(*study);
  const Scenarios scenarios(plan);
  benchmark::AddCustomContext(kBenchmarkStudy, study->text);
  for (std::uint64_t p = 0; p < plan.points(); ++p) {
    const Position position = plan.at(p);
    const std::string label = plan.label(position);
    if (plan.excluded(position) || ::fnmatch(only.c_str(), label.c_str(), 0) != 0) continue;
    benchmark::RegisterBenchmark((study->params.name + '/' + label).c_str(),
                                 [&, p](benchmark::State& state) { simulate(state, scenarios, p); })
        ->Unit(benchmark::kMillisecond)
        ->MinTime(0.1);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
