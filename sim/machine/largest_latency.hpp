#pragma once

#include "sim/core/types.hpp"

namespace mhp::machine {

/// Of memory and of links: what takes longer is no load, and the lines of a whole machine's memmap,
/// one after the other, stay within what time can count.
inline constexpr SimTime kLargestLatency{1'000'000};

}  // namespace mhp::machine
