#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/record/stream_file.hpp"
#include "sim/stats/stats.hpp"
#include "sim/study/collect/cells.hpp"

namespace mhp::study {

/// The replicates of a point; those of a baseline belong to many points.
using PointCells = std::shared_ptr<const std::vector<Cell>>;

/// The runs of a box of points, in its order, and those of each point's
/// baseline if the study has one: what the arrays of a study file are made of.
class StudyChunk {
 public:
  /// One metric of a chunk, by point. NaN stands for what there is not.
  struct Metric {
    std::vector<std::vector<double>> values;     ///< [point][replicate]
    std::vector<std::int64_t> reached;           ///< replicates that reached it
    std::vector<analysis::Estimate> mean;        ///< with the median where that is the measure
    std::vector<analysis::Estimate> difference;  ///< to the baseline, in pairs
    std::vector<double> chance;                  ///< of such a difference by chance alone
  };

  StudyChunk(const MetricColumns& columns, std::vector<PointCells> cells,
             std::vector<PointCells> baseline)
      : columns_(columns), cells_(std::move(cells)), baseline_(std::move(baseline)) {}

  const std::vector<PointCells>& cells() const { return cells_; }
  /// Kept until another metric is asked for.
  const Metric& of(std::size_t metric) const;

 private:
  std::vector<std::vector<double>> values_of(std::size_t metric,
                                             const std::vector<PointCells>& cells) const;

  const MetricColumns& columns_;
  std::vector<PointCells> cells_, baseline_;
  mutable std::optional<std::size_t> computed_;
  mutable Metric metric_;
};

/// An array of a study file, declared where its values are made. Along the
/// dimensions of the study and, in the groups runs and results, the replicates.
struct StudyArray {
  using Values =
      std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::uint8_t>>;

  record::StreamArray array;
  std::function<Values(const StudyChunk&)> values;
};

/// The arrays of a study over these dimensions, in the order of the file.
std::vector<StudyArray> study_arrays(const Study& study, const MetricColumns& columns,
                                     const std::vector<std::string>& dims);

}  // namespace mhp::study
