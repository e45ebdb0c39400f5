#pragma once

#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// Whether the kernel tells so that a zone has no holes: set_zone_contiguous, or the counter
/// pages_with_online_memmap of a zone.
constexpr bool contiguity_is_told_by(ContiguityWalk what, const KernelProfile& profile) {
  return profile.contiguity_walk == what;
}

}  // namespace mhp::kernel
