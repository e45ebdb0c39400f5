#include "sim/observed/texts/json_text.hpp"

#include <fmt/format.h>

#include "sim/core/json_text.hpp"
#include "sim/observed/texts/lines.hpp"

namespace mhp::observed {

Result<nlohmann::json> json_of(std::string_view text, const Location& at, std::string_view what) {
  if (text.size() > kMostText)
    return fail(at, fmt::format("the text has {} bytes", text.size()),
                fmt::format("at most {} are read", kMostText));
  return parse_json(text, at, what);
}

}  // namespace mhp::observed
