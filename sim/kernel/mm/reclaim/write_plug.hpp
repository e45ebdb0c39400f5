#pragma once

#include <cstdint>

namespace mhp::kernel {

/// The request that one reclaimer has begun and may still grow, as long as its plug lasts (struct
/// blk_plug).
struct WritePlug {
  std::int64_t request = -1;  ///< number; -1: none
  std::int64_t pages = 0;     ///< in it so far
};

}  // namespace mhp::kernel
