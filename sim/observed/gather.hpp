#pragma once

#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/observed/snapshot_file.hpp"

namespace mhp::observed {

/// Gathers the texts of /proc and /sys of this machine, or of a tree that holds them under `root`.
/// Links are not followed, so that nothing outside of the tree is read. Files that are many and
/// small become one section each: "/sys/devices/system/memory" (memory blocks, in runs),
/// "/sys/devices/system/node", and "settings". What is personal is left out. `notes` of the result
/// say what could not be read and what that costs. An error if there is nothing to be read at all.
Result<SnapshotFile> gather(const std::string& root);

}  // namespace mhp::observed
