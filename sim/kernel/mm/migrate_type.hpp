#pragma once

#include <cstdint>

namespace mhp::kernel {

/// Migrate types that own free lists, numbered as in Linux.
enum class MigrateType : std::uint8_t { unmovable = 0, movable = 1, reclaimable = 2 };
inline constexpr int kMigrateTypes = 3;

}  // namespace mhp::kernel
