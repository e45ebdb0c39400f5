#pragma once

#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {

/// What a shared library with placements was built against: it changes whenever PlacementPolicy,
/// Plan or what they are given do.
inline constexpr int kPlacementApi = 1;

}  // namespace mhp::kernel

/// Stands once in a shared library, behind its placements: MHP_PLACEMENT_PLUGIN(register_function).
/// In a file of the folder it is nothing.
#ifdef MHP_BUILD_PLUGIN
#define MHP_PLACEMENT_PLUGIN(registers)                                              \
  extern "C" __attribute__((visibility("default"))) int mhpsim_placement_api() {     \
    return ::mhp::kernel::kPlacementApi;                                             \
  }                                                                                  \
  extern "C" __attribute__((visibility("default"))) void mhpsim_register_placements( \
      ::mhp::kernel::PlacementRegistry& registry) {                                  \
    registers(registry);                                                             \
  }                                                                                  \
  static_assert(true)
#else
#define MHP_PLACEMENT_PLUGIN(registers) static_assert(true)
#endif
