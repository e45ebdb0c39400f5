#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::observed {

/// "0-3,8,10-11" (cpulist, nodelist) as numbers up to `most`, ascending; nothing if it is none.
std::optional<std::vector<std::int64_t>> numbers_of_list(std::string_view text, std::int64_t most);

/// "128M", "3G", "1.5T", "0B": powers of 1024 as util-linux prints them, at most kMostBytes.
std::optional<Bytes> size_of_util_linux(std::string_view text);

}  // namespace mhp::observed
