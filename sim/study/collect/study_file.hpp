#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "sim/record/run_file.hpp"
#include "sim/study/collect/cells.hpp"

namespace mhp::study {

/// How many runs stand how, by CellStatus.
using StatusCounts = std::array<std::uint64_t, 5>;

/// Writes the study file (schema mhpsim-study/1, docs/results.md) of what the journals hold: every
/// run of the study has its place; one that is not there is NaN, and `status` says why. The bytes
/// depend on the study and the results alone. Memory: one chunk, and the numbers of the points;
/// therefore it reads the records twice.
tl::expected<StatusCounts, record::WriteFailure> write_study_file(const Cells& cells,
                                                                  const std::string& path,
                                                                  bool force,
                                                                  record::FileSink& sink);

}  // namespace mhp::study
