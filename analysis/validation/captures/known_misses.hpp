#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "analysis/validation/captures/report.hpp"
#include "sim/core/diagnostic.hpp"

namespace mhp::validation {

/// A capture that the model does not reproduce, and why.
struct KnownMiss {
  Verdict verdict = Verdict::missed;
  std::string reason;
};

/// The file beside recordings that names those which miss.
inline constexpr const char* kKnownMissesFile = "known-misses.toml";

/// Reads it, by name of the capture; nothing where a folder has no such file.
Result<std::map<std::string, KnownMiss>> load_known_misses(const std::string& folder);

/// The file beside recordings that says how many steps each has: one that was cut short, or is
/// gone, shows.
inline constexpr const char* kContentsFile = "contents.toml";

/// Reads it: steps by name of the capture; nothing where a folder has no such file.
Result<std::map<std::string, std::int64_t>> load_contents(const std::string& folder);

/// "exact", "partly", "missed", "broken".
const char* word_of(Verdict verdict);

}  // namespace mhp::validation
