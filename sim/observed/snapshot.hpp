#pragma once

#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/observed/observed.hpp"

namespace mhp::observed {

/// Reads a snapshot file (snapshot_file.hpp): every section that is known into `into`. A section
/// that is missing leaves its numbers unsaid; one that is not known is passed over, and `found`
/// does not name it.
Result<void> read_snapshot(std::string_view text, const Location& at, Observed& into);

}  // namespace mhp::observed
