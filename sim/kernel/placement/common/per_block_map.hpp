#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/kernel/config.hpp"

namespace mhp::kernel {

/// So many memory blocks in a row, in the order in which they are added, and where their memmap
/// lives.
struct PerBlockRun {
  std::string placement;
  std::int64_t blocks = 0;  ///< the last run: all that follow
};

/// kernel.memmap_per_block: texts "PLACEMENT*BLOCKS", the last without a number. Without texts: as
/// many in boot memory as kernel.memmap_boot_blocks says, the rest in the range. What is wrong is
/// said of `where`.
Result<std::vector<PerBlockRun>> per_block_map(const KernelConfig& config,
                                               const Location& where = {});

}  // namespace mhp::kernel
