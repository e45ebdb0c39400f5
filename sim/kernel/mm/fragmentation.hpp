#pragma once

#include <array>
#include <cstdint>

#include "sim/kernel/arch/geometry.hpp"

namespace mhp::kernel {

class Buddy;

/// Free blocks of a zone by order, as a line of /proc/buddyinfo has them; 0 beyond the
/// largest.
using FreeBlocks = std::array<std::int64_t, Geometry::kMostOrders>;
FreeBlocks free_blocks_of(const Buddy& buddy);

// What /sys/kernel/debug/extfrag shows (mm/vmstat.c, Linux 6.12), in thousandths.

/// Why a request of this order would fail: towards 0 for want of memory, towards 1000 because what
/// is free lies apart; -1000 if it would not (fragmentation_index).
std::int64_t fragmentation_index(const FreeBlocks& free, int order);
/// Share of the free memory that a request of this order cannot use because it lies apart; 1000 if
/// there is none (unusable_free_index).
std::int64_t unusable_free_index(const FreeBlocks& free, int order);

}  // namespace mhp::kernel
