#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/param_spec.hpp"
#include "sim/record/dataset.hpp"
#include "sim/run/explain/time_table.hpp"
#include "sim/run/run.hpp"

namespace mhp::run {

/// What is needed to explain a run: where its time went, and the constants in force.
struct RecordedRun {
  std::string study;
  std::string placement;
  std::int64_t seed = 0;
  std::string outcome;
  std::string reason;
  TimeTable times;
  std::vector<ParamValue> used;
  std::string kernel_note;  ///< of config::kernel_note; empty: its kernel has a profile

  /// The times of a metric; null if the run did not reach it.
  const TimeOf* find(const std::string& metric) const;
};

RecordedRun recorded_run(const config::Scenario& scenario, const RunResult& result);

/// From a result file; `path` is what messages call it. A file of another kind, or one of an
/// earlier program without a ledger, is an error.
Result<RecordedRun> recorded_run(const record::FileContent& file, const std::string& path);

/// A figure of a run as its file has it.
struct RecordedMetric {
  std::string column;  ///< what the file calls it: its name, with the phase where two have it
  std::string name;
  MetricPhase phase = MetricPhase::run;
  Unit unit = Unit::one;
  Better better = Better::none;
  std::string definition;
  std::optional<double> value;  ///< nothing if the run did not get there
};

/// The figures of a result file of any schema, in its order; none if it has none.
std::vector<RecordedMetric> recorded_metrics(const record::FileContent& file);

/// The version of the schema of run files that a file says it has; 0 if it is no run file.
int run_schema(const record::FileContent& file);

/// The scenario that a result file holds, complete.
Result<config::Scenario> recorded_scenario(const record::FileContent& file,
                                           const std::string& path);

}  // namespace mhp::run
