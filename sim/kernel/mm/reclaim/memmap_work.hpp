#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Where the struct page of a page frame lies, and how the kernel reaches the page.
struct MemmapPlace {
  NodeId node;                   ///< whose memory holds the struct page
  bool base_pages = false;       ///< that part of the memmap is mapped by base pages
  bool gigabyte_leaf = true;     ///< the page itself is in a 1 GiB leaf of the direct map
  std::int64_t neighbours = 64;  ///< struct pages in a 4 KiB page of memmap, itself included
};

/// Struct pages worked on, by the node on which they lie.
class MemmapWork {
 public:
  explicit MemmapWork(std::size_t nodes) : pages_(nodes, 0), walks_(nodes, 0) {}

  /// Consecutive struct pages: of those mapped by base pages, neighbours share a page of memmap.
  void add(const MemmapPlace& memmap, PageCount pages) {
    pages_[memmap.node.index()] += pages.value;
    if (memmap.base_pages)
      walks_[memmap.node.index()] += (pages.value + memmap.neighbours - 1) / memmap.neighbours;
  }
  const std::vector<std::int64_t>& by_node() const { return pages_; }
  /// TLB misses that a memmap of 2 MiB mappings would not have.
  const std::vector<std::int64_t>& walks() const { return walks_; }

 private:
  std::vector<std::int64_t> pages_;
  std::vector<std::int64_t> walks_;
};

}  // namespace mhp::kernel
