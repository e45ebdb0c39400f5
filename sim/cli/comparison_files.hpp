#pragma once

#include <string>
#include <vector>

#include "sim/cli/comparison_view.hpp"

namespace mhp::cli {

/// Whether a path is a folder or an HDF5 file, and so no scenario.
bool holds_results(const std::string& path);

/// What results on disk come to, the first being the baseline:
/// - run files: a column each;
/// - a folder of `compare -o`: a column for each placement;
/// - two or more such folders: for each placement a comparison of the folders, in pairs by
/// replicate;
/// - a study file: at each point a comparison of the values of its baseline's axis;
/// - two study files: at each point a comparison of both.
Result<ComparisonView> compare_files(const std::vector<std::string>& paths);

/// The placements of a folder of `compare -o` in their order; empty if it is none.
std::vector<std::string> placements_of_folder(const std::string& folder);

}  // namespace mhp::cli
