#pragma once

#include <string>

#include "sim/core/types.hpp"

namespace mhp::host {

/// Memory that this process can have without others losing theirs: MemAvailable of /proc/meminfo,
/// or less if a control group of the process (of either version) allows less. `root` is where /proc
/// and /sys are. What cannot be read is no bound.
Bytes free_memory(const std::string& root = "/");

/// Of a node: what is free there, or holds files (/sys/devices/system/node).
Bytes free_memory_of_node(unsigned node, const std::string& root = "/");

}  // namespace mhp::host
