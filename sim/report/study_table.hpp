#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/record/dataset.hpp"

namespace mhp::report {

/// A number for each point of a study; NaN where there is none.
using Values = std::vector<double>;

struct StudyDim {
  std::string name;
  std::size_t size = 0;
};

/// What varies along a dimension: numbers of its unit, or words.
struct StudyAxis {
  std::string name;
  std::size_t dim = 0;
  std::string unit;
  std::string doc;
  std::vector<std::int64_t> numbers;  ///< empty if the axis has words
  std::vector<std::string> words;

  bool numeric() const { return words.empty(); }
};

/// A metric at every point: its mean over the replicates, the 95 % interval of it if there are
/// several, and the difference to the baseline if there is one.
struct StudyMetric {
  std::string column;  ///< in the file
  std::string name;
  std::string phase;
  std::string unit;
  std::string better;
  std::string definition;
  Values mean, lo, hi;
  Values diff, diff_lo, diff_hi;
  std::vector<int> significant;  ///< 0, 1, -1 unknown

  bool compared() const { return !diff.empty(); }
  /// The same value at every point.
  std::optional<double> constant() const;
};

/// The level of an axis that the others are held against.
struct StudyBaseline {
  std::size_t axis = 0;
  std::size_t level = 0;
};

/// A study file's points, row-major over its dimensions.
struct StudyTable {
  std::vector<StudyDim> dims;
  std::vector<StudyAxis> axes;
  std::optional<StudyBaseline> baseline;
  std::size_t replicates = 1;
  std::map<std::string, std::int64_t> runs;  ///< by how they stand
  std::vector<std::string> outcomes;         ///< of each point the worst of its replicates
  std::vector<StudyMetric> metrics;

  std::size_t points() const;
  /// Points from one position along a dimension to the next.
  std::size_t stride(std::size_t dim) const;
  std::size_t position(std::size_t point, std::size_t dim) const;
};

/// As far as the file has it; a variable that is not as docs/results.md says is left out.
StudyTable study_table(const record::FileContent& file);

}  // namespace mhp::report
