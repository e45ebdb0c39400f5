#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/report/inputs.hpp"
#include "sim/stats/stats.hpp"

namespace mhp::report {

/// A metric of one column against the baseline.
struct Against {
  analysis::Estimate abs;           ///< column less baseline, in pairs of replicates
  std::optional<double> rel;        ///< of the baseline's mean; nothing if that is 0
  std::optional<bool> significant;  ///< more than chance; nothing with fewer than two pairs
};

/// A metric over all columns, in their order. Nothing where a replicate did not reach it.
struct TableRow {
  run::RecordedMetric figure;  ///< without a value
  std::vector<std::optional<analysis::Estimate>> values;
  std::vector<std::optional<Against>> against;  ///< nothing for the baseline

  bool all_zero() const;
};

/// The table of a comparison, or of a single run: every metric that any run has, in the order of
/// the first run that has it.
std::vector<TableRow> metric_table(const Inputs& in);

/// The row of a metric; null if there is none.
const TableRow* find_row(const std::vector<TableRow>& table, const std::string& name);

}  // namespace mhp::report
