#pragma once

#include <string>
#include <tl/expected.hpp>

#include "sim/record/run_file.hpp"
#include "sim/study/collect/cells.hpp"
#include "sim/study/sweep/sweep.hpp"

namespace mhp::study {

/// Writes the finished runs of one shard as a table with a row a run (schema mhpsim-shard/1),
/// replacing an earlier one. The bytes depend on the study, the shard and the results alone.
tl::expected<void, record::WriteFailure> write_shard_file(const Cells& cells, const Shard& shard,
                                                          const std::string& path,
                                                          record::FileSink& sink);

}  // namespace mhp::study
