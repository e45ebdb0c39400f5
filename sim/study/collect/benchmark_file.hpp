#pragma once

#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/study/design/study.hpp"
#include "sim/study/sweep/run_records.hpp"

namespace mhp::study {

/// What study_bench measures of a run: the columns of its JSON and of the study file made from it.
/// In this order: wall time, time of the thread, events of the simulation, simulated time.
const MetricSet& speed_metrics();

/// Where study_bench puts the study in the "context" of its JSON, and the number of a point among
/// the counters of a case.
inline constexpr const char* kBenchmarkStudy = "study";
inline constexpr const char* kBenchmarkPoint = "point";

/// A study whose runs were timed by study_bench: its metrics are speed_metrics(), its replicates
/// the repetitions of the benchmark.
struct BenchmarkFile {
  std::string path;
  Study study;
  struct Case {
    std::uint64_t point = 0, replicate = 0;
    run::Outcome outcome = run::Outcome::ok;
    std::vector<std::optional<std::int64_t>> values;  ///< of speed_metrics()
  };
  std::vector<Case> cases;
};

/// Reads the JSON of a study_bench --benchmark_out.
Result<BenchmarkFile> read_benchmark_file(const std::string& path);

/// Its cases as records, so that they can be collected like runs. A run that is there twice must
/// have been as fast both times.
Result<HeldRecords> benchmark_records(const BenchmarkFile& file);

}  // namespace mhp::study
