#pragma once

#include <string>
#include <vector>

namespace mhp::cli {

/// The placements of --placements; empty, with a message, if one of them does not exist or stands
/// twice.
std::vector<std::string> split_placements(const std::string& list);

}  // namespace mhp::cli
