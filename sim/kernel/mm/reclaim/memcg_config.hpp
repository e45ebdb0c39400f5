#pragma once

#include <string>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// What is asked of a memory cgroup when it is made.
struct MemcgConfig {
  std::string name;
  Bytes memory_max{0};  ///< 0: none ("max")
  Bytes memory_high{0};
  Bytes memory_low{0};
  Bytes memory_swap_max{0};
};

}  // namespace mhp::kernel
