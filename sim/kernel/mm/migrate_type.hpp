#pragma once

#include <cstdint>

namespace mhp::kernel {

/// Migrate types that own free lists. The first three are numbered as in Linux, which has
/// MIGRATE_HIGHATOMIC between them and MIGRATE_CMA.
enum class MigrateType : std::uint8_t {
  unmovable = 0,
  movable = 1,
  reclaimable = 2,
  cma = 3,  ///< for pages that can be migrated: no allocation of the kernel's own may have it
};
inline constexpr int kMigrateTypes = 4;
/// Those that per-CPU lists tell apart (MIGRATE_PCPTYPES): what is CMA counts as movable there.
inline constexpr int kPcpTypes = 3;

}  // namespace mhp::kernel
