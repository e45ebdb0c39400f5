#pragma once

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

/// Plans by which the memmap of a block lies in an earlier block of its node that was added for
/// that: the first section of a host holds nothing but memmap, its own and that of as many blocks
/// as fit. A block for which no host has room becomes one. Memory blocks whose memmap fills a
/// section host themselves alone.
Plans in_earlier_blocks(const PlacementRequest& request, const Surroundings& there);

}  // namespace mhp::kernel
