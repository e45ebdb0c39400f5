#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "sim/core/diagnostic.hpp"

namespace mhp::observed {

/// A text in JSON of at most kMostText bytes; `what` names its kind in diagnostics.
Result<nlohmann::json> json_of(std::string_view text, const Location& at, std::string_view what);

}  // namespace mhp::observed
