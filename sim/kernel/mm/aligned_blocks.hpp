#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Largest buddy order, inclusive (Linux MAX_PAGE_ORDER; 4 MiB on x86-64).
inline constexpr int kMaxOrder = 10;
/// Order of a pageblock (2 MiB with huge pages).
inline constexpr int kPageblockOrder = 9;
inline constexpr std::int64_t kMaxOrderPages = std::int64_t{1} << kMaxOrder;
inline constexpr std::int64_t kPageblockPages = std::int64_t{1} << kPageblockOrder;

/// Largest order of a block that starts at `pfn` and ends at or before `end`.
inline int largest_order(std::int64_t pfn, std::int64_t end) {
  const int by_alignment = pfn == 0 ? kMaxOrder : std::countr_zero(static_cast<std::uint64_t>(pfn));
  const int by_length = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(end - pfn))) - 1;
  return std::min({kMaxOrder, by_alignment, by_length});
}

/// Calls f(pfn, order) for the largest aligned blocks of a range, ascending.
template <class F>
void for_each_aligned_block(PfnRange range, F&& f) {
  for (std::int64_t p = range.start.value; p < range.end.value;) {
    const int order = largest_order(p, range.end.value);
    f(Pfn{p}, order);
    p += std::int64_t{1} << order;
  }
}

}  // namespace mhp::kernel
