#pragma once

#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Pages of a memory section (128 MiB: SECTION_SIZE_BITS 27 on x86-64).
inline constexpr std::int64_t kSectionPages = 32768;

/// Pages mapped by one leaf or described by one table page of the x86-64 page tables.
inline constexpr std::int64_t k2MiBPages = 2 * kMiB / kPageSize;
inline constexpr std::int64_t k1GiBPages = kGiB / kPageSize;
inline constexpr std::int64_t k512GiBPages = 512 * kGiB / kPageSize;
inline constexpr std::int64_t k256TiBPages = 512 * k512GiBPages;

}  // namespace mhp::kernel
