#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/report/inputs.hpp"
#include "sim/stats/stats.hpp"
#include "sim/study/compare/columns.hpp"

namespace mhp::report {

/// A metric over all columns, in their order. Nothing where a replicate did not reach it.
struct TableRow {
  run::RecordedMetric figure;  ///< without a value
  std::vector<std::optional<analysis::Estimate>> values;
  std::vector<std::optional<study::Difference>> against;  ///< nothing for the baseline

  bool all_zero() const;
};

/// The table of a comparison, or of a single run: every metric that any run has, in the order of
/// the first run that has it.
std::vector<TableRow> metric_table(const Inputs& in);

/// The row of a metric; null if there is none.
const TableRow* find_row(const std::vector<TableRow>& table, const std::string& name);

}  // namespace mhp::report
