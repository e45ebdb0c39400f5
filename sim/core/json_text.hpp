#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"

namespace mhp {

/// The JSON of a text (RFC 8259). Refused with line and column, in characters, are text that is no
/// UTF-8 and broken JSON; besides, JSON nested deeper than any that is read, and numbers that no
/// double holds. `what` names the kind of text in diagnostics; `at` is where the text begins.
Result<nlohmann::json> parse_json(std::string_view text, const Location& at, std::string_view what);

/// The same of a regular file of at most `most` bytes.
Result<nlohmann::json> load_json(const std::string& path, std::size_t most, std::string_view what);

}  // namespace mhp
