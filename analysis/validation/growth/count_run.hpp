#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/placement/common/memmap_parameter.hpp"

namespace mhp::validation {

/// Instructions that a real kernel executed while DIMMs were added, onlined block by block in
/// ascending order and offlined in descending order, by function
/// (analysis/validation/growth/counts). Numbers of emulated instructions: nothing of them is a
/// time.
struct CountRun {
  /// The calls of one function in one phase.
  struct Function {
    std::int64_t calls = 0;
    std::int64_t min = 0;
    std::int64_t median = 0;
  };
  std::string name;
  std::string kernel;  ///< series, for example "6.12"
  Bytes dimm;
  std::int64_t dimms = 1;
  kernel::MemmapOnMemory memmap_on_memory = kernel::MemmapOnMemory::off;
  std::string online;  ///< online_kernel or online_movable
  /// By phase and function, for example "online/set_zone_contiguous".
  std::map<std::string, Function> functions;
  /// Every call in its order, of some functions; the first 600 if there are more.
  std::map<std::string, std::vector<std::int64_t>> series;
};

/// Reads a run; a diagnostic with the file if it cannot be read or is no such run.
Result<CountRun> load_count_run(const std::string& path);

}  // namespace mhp::validation
