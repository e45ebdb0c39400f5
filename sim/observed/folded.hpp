#pragma once

#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/observed/observed.hpp"

// The sections of a snapshot in which many small files are one text each (gather.hpp).

namespace mhp::observed {

/// "/sys/devices/system/memory": size and runs of memory blocks.
Result<void> read_memory_section(std::string_view text, const Location& at, Observed& into);
/// "/sys/devices/system/node": nodes with their processors, distances, memory and huge pages.
Result<void> read_node_section(std::string_view text, const Location& at, Observed& into);
/// "settings": a file and what it says in each line.
Result<void> read_settings_section(std::string_view text, const Location& at, Observed& into);

}  // namespace mhp::observed
