#pragma once

#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// sizeof(struct page) with memory cgroups, as distributions build it (x86-64).
inline constexpr std::int64_t kStructPageSize = 64;
/// Pages of a memory section (128 MiB: SECTION_SIZE_BITS 27 on x86-64).
inline constexpr std::int64_t kSectionPages = 32768;
/// Base pages that the memmap of one section fills: 512, exactly one 2 MiB vmemmap leaf.
inline constexpr std::int64_t kSectionMemmapPages = kSectionPages * kStructPageSize / kPageSize;
static_assert(kSectionMemmapPages == 512);

/// Pages mapped by one leaf or described by one table page of the x86-64 page tables.
inline constexpr std::int64_t k2MiBPages = 2 * kMiB / kPageSize;
inline constexpr std::int64_t k1GiBPages = kGiB / kPageSize;
inline constexpr std::int64_t k512GiBPages = 512 * kGiB / kPageSize;
inline constexpr std::int64_t k256TiBPages = 512 * k512GiBPages;
/// Memory whose memmap one vmemmap PMD table maps (512 leaves of 2 MiB): 64 GiB.
inline constexpr std::int64_t kVmemmapPmdSpanPages = 512 * kSectionPages;
/// Memory whose memmap one vmemmap PUD table maps: 32 TiB.
inline constexpr std::int64_t kVmemmapPudSpanPages = 512 * kVmemmapPmdSpanPages;

/// Base pages that the memmap of `pages` fills.
constexpr PageCount memmap_pages_of(PageCount pages) {
  return PageCount{pages.value * kStructPageSize / kPageSize};
}

}  // namespace mhp::kernel
