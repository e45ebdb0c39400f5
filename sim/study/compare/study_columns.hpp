#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/record/dataset.hpp"
#include "sim/study/compare/columns.hpp"

namespace mhp::study {

/// The columns of a comparison at one point of a study, and the values of the axes there.
struct StudyPoint {
  std::vector<std::pair<std::string, std::string>> at;
  std::vector<Column> columns;
};

/// A study file as comparisons: of the levels of its baseline's axis, the baseline first, at every
/// point of the other axes. A study without a baseline is an error.
Result<std::vector<StudyPoint>> study_points(const record::FileContent& file,
                                             const std::string& path);

/// Two study files point by point, under the names of both. Their axes must be the same.
Result<std::vector<StudyPoint>> study_points(const record::FileContent& before,
                                             const record::FileContent& after,
                                             const std::pair<std::string, std::string>& names,
                                             const std::pair<std::string, std::string>& paths);

}  // namespace mhp::study
