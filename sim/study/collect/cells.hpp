#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/study/design/scenarios.hpp"
#include "sim/study/sweep/run_records.hpp"
#include "sim/study/sweep/sweep.hpp"

namespace mhp::study {

/// How a run of a study stands.
enum class CellStatus : std::uint8_t {
  complete,
  missing,   ///< not simulated yet
  invalid,   ///< its scenario is none
  excluded,  ///< by a constraint
  spared,    ///< the point had replicates enough before it
};

/// The words for CellStatus, in its order.
const std::vector<std::string>& status_words();

/// One run of a study as it was found.
struct Cell {
  CellStatus status = CellStatus::missing;
  std::uint64_t id = 0;             ///< 0 if excluded
  std::optional<RunRecord> record;  ///< of a complete or invalid run
};

/// The runs of a study as the records of a folder's journals, or others, have them.
class Cells {
 public:
  Cells(const Scenarios& scenarios, const RunRecords& records)
      : scenarios_(scenarios), records_(records) {}

  const Plan& plan() const { return scenarios_.plan(); }
  /// All replicates of a point.
  std::vector<Cell> at(std::uint64_t point) const;
  /// The same for a position that is known already to be that of the point.
  std::vector<Cell> at(const Position& position) const;

 private:
  const Scenarios& scenarios_;
  const RunRecords& records_;
};

/// The metrics of a study file, and where records have them.
class MetricColumns {
 public:
  explicit MetricColumns(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  /// Takes the metrics of a record into account.
  void see(const RunRecord& record);
  /// Settles the columns: of those seen that match a pattern, in an order that does not depend on
  /// that of the records.
  void settle();

  const MetricSet& metrics() const { return metrics_; }
  /// What a column is called in files: its name, with the phase if another phase has the name too.
  std::string name(std::size_t column) const;
  /// NaN if the record has not got there.
  double value(std::size_t column, const RunRecord& record) const;

 private:
  std::vector<std::string> patterns_;
  std::map<const MetricSet*, std::vector<std::ptrdiff_t>> places_;  ///< of the columns in a set
  std::vector<std::shared_ptr<const MetricSet>> sets_;              ///< keeps the keys alive
  MetricSet metrics_;
};

}  // namespace mhp::study
