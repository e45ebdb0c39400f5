#pragma once

#include <map>
#include <string>

#include "sim/core/diagnostic.hpp"

namespace mhp::pressure {

/// The file beside recordings that names quantities which miss, each with what the model lacks.
inline constexpr const char* kKnownMissesFile = "known-misses.toml";

/// Reasons by recording and quantity.
using KnownMisses = std::map<std::string, std::map<std::string, std::string>>;

/// Reads it; nothing where a folder has no such file.
Result<KnownMisses> load_known_misses(const std::string& folder);

}  // namespace mhp::pressure
