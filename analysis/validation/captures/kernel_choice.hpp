#pragma once

#include <optional>
#include <string>

namespace mhp::validation {

/// The series by whose profile recordings of a kernel are replayed: its own, or the nearest older
/// one of which `folder` has a profile (`linux-SERIES.toml`). Nothing if there is none so old.
std::optional<std::string> profile_series(const std::string& folder, const std::string& series);

}  // namespace mhp::validation
