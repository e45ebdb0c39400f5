#include "sim/kernel/mm/fragmentation.hpp"

#include "sim/kernel/mm/buddy.hpp"

namespace mhp::kernel {

namespace {

/// fill_contig_page_info: all free blocks, their pages, and those in blocks of at least an order.
struct Sums {
  std::int64_t blocks = 0;
  std::int64_t pages = 0;
  std::int64_t suitable_pages = 0;
};

Sums sums(const FreeBlocks& free, int order) {
  Sums s;
  for (int o = 0; o < Geometry::kMostOrders; ++o) {
    const std::int64_t blocks = free[static_cast<std::size_t>(o)];
    s.blocks += blocks;
    s.pages += blocks << o;
    if (o >= order) s.suitable_pages += blocks << o;
  }
  return s;
}

}  // namespace

FreeBlocks free_blocks_of(const Buddy& buddy) {
  FreeBlocks free{};
  for (int o = 0; o <= buddy.geometry().max_order(); ++o)
    free[static_cast<std::size_t>(o)] = buddy.free_blocks(o);
  return free;
}

std::int64_t fragmentation_index(const FreeBlocks& free, int order) {
  const Sums s = sums(free, order);
  if (s.blocks == 0) return 0;
  if (s.suitable_pages > 0) return -1000;
  return 1000 - (1000 + s.pages * 1000 / (std::int64_t{1} << order)) / s.blocks;
}

std::int64_t unusable_free_index(const FreeBlocks& free, int order) {
  const Sums s = sums(free, order);
  return s.pages == 0 ? 1000 : (s.pages - s.suitable_pages) * 1000 / s.pages;
}

}  // namespace mhp::kernel
