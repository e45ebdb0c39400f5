#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/study/compare/columns.hpp"
#include "sim/study/compare/condition.hpp"
#include "sim/study/compare/uncertainty.hpp"

namespace mhp::cli {

/// One comparison, and what it is about where there are several: {"size", "4 GiB"}.
struct ComparedPart {
  std::vector<std::pair<std::string, std::string>> of;
  study::Comparison comparison;
};

/// A condition of --fail-if that is met, and what the user is told.
struct MetCondition {
  std::string condition;
  std::size_t part = 0;
  std::string column;
  study::Condition::Met why = study::Condition::Met::holds;
  std::string text;  ///< "time_to_online > +5%: hotplugged_range: +8.996 s (+82.1 %)"
};

/// What `compare` shows: of one comparison, or of several that are alike.
struct ComparisonView {
  std::string title;                 ///< "NAME: what it is"
  std::string scenario;              ///< its name; empty if there are several
  std::optional<std::int64_t> seed;  ///< nothing if there are several
  std::vector<ComparedPart> parts;   ///< at least one
  std::vector<std::string> metrics;  ///< only these are shown; empty: all
  std::string kernel_note;
  /// Of a comparison that was simulated for it: origin of the machine, and its constants.
  const config::Scenario* simulated = nullptr;
  std::optional<study::Uncertainty> uncertainty;
  std::vector<MetCondition> met;
  bool conditions = false;  ///< whether any were given
};

/// One JSON object (schema mhpsim-compare/2, docs/results.md).
std::string comparison_json(const ComparisonView& view);
/// A table for people: the baseline first, then each column with its difference.
std::string comparison_table(const ComparisonView& view);
/// The same as Markdown, without what is said below the table.
std::string comparison_markdown(const ComparisonView& view);
/// A line for each metric and column (docs/results.md).
std::string comparison_csv(const ComparisonView& view);

/// "+1.234 s (+82.1 %)"; "=" if there is none.
std::string signed_difference(const study::Difference& difference, Unit unit);
/// Whether a view shows a metric.
bool is_shown(const ComparisonView& view, const study::MetricRow& row);

}  // namespace mhp::cli
