#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"

// The units of x86-64 as constants, for tests: what a run passes through asks its Geometry.

namespace mhp {

inline constexpr std::int64_t kPageSize = kernel::Geometry{}.page_size();
constexpr PageCount pages_of(Bytes b) { return kernel::Geometry{}.pages_of(b); }
constexpr Bytes bytes_of(PageCount n) { return kernel::Geometry{}.bytes_of(n); }
constexpr Pfn pfn_of(Bytes address) { return kernel::Geometry{}.pfn_of(address); }

namespace kernel {

inline constexpr std::int64_t kSectionPages = Geometry{}.section_pages();
inline constexpr int kMaxOrder = Geometry{}.max_order();
inline constexpr int kPageblockOrder = Geometry{}.pageblock_order();
inline constexpr std::int64_t kMaxOrderPages = Geometry{}.max_order_pages();
inline constexpr std::int64_t kPageblockPages = Geometry{}.pageblock_pages();
inline constexpr std::int64_t k2MiBPages = Geometry{}.pmd_pages();
inline constexpr std::int64_t k1GiBPages = Geometry{}.pud_pages();

}  // namespace kernel
}  // namespace mhp
