#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/run/explain/resting.hpp"
#include "sim/run/result/run_result.hpp"
#include "sim/stats/replicates.hpp"

namespace mhp::study {

/// What a comparison needs of a run.
struct ComparedRun {
  std::uint64_t replicate = 0;
  run::Outcome outcome = run::Outcome::ok;
  std::string reason;
  std::uint64_t fingerprint = 0;
  std::vector<run::Metric> metrics;
};

/// Runs that are alike but for their random draws: what stands under one head of a comparison.
struct Column {
  std::string name;       ///< the head, unlike those of the other columns
  std::string placement;  ///< of all its runs; empty if they are of several
  std::vector<ComparedRun> runs;
  /// Of a metric of time: what it rests on, over all runs that reached it.
  std::map<std::string, run::Resting> rests_on = {};
};

/// The difference of a column to the baseline, over the same random draws.
struct Difference {
  analysis::Estimate abs;
  std::optional<double> rel;  ///< fraction of the baseline's mean or median; nothing if that is 0
  std::optional<bool> significant;
  std::size_t pairs = 0;  ///< replicates that both have
};

/// One metric over all columns, by their names. A column that did not reach it has no estimate.
struct MetricRow {
  std::string name;
  Unit unit = Unit::one;
  Better better = Better::none;
  run::MetricPhase phase = run::MetricPhase::run;
  std::map<std::string, std::optional<analysis::Estimate>> values;
  std::map<std::string, std::optional<Difference>> diff;  ///< without the baseline
  /// Of a metric of time: what it rests on, over all replicates that reached it.
  std::map<std::string, run::Resting> rests_on;
  analysis::Centre centre = analysis::Centre::mean;  ///< what estimates and differences are of
};

/// How all runs of a column ended: the worst outcome, and one fingerprint for all.
struct PlacementRow {
  std::string name;  ///< of the column
  run::Outcome outcome = run::Outcome::ok;
  std::string reason;
  std::uint64_t fingerprint = 0;
  std::string placement;
  std::size_t runs = 0;
};

struct Comparison {
  std::vector<PlacementRow> placements;  ///< the first is the baseline
  std::vector<MetricRow> metrics;
};

/// Holds columns against the first of them. Runs of the same replicate are a pair.
Comparison compare_columns(std::vector<Column> columns);

}  // namespace mhp::study
