#pragma once

#include <cstdint>

namespace mhp::kernel {

/// The square root of `n` (0 to 2^62), rounded down (int_sqrt, lib/math/int_sqrt.c).
constexpr std::int64_t int_sqrt(std::int64_t n) {
  std::int64_t root = 0;
  for (std::int64_t bit = std::int64_t{1} << 31; bit > 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= n) root += bit;
  return root;
}

}  // namespace mhp::kernel
