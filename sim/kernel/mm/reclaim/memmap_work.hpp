#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Struct pages worked on, by the node on which they lie.
class MemmapWork {
 public:
  explicit MemmapWork(std::size_t nodes) : pages_(nodes, 0) {}

  void add(NodeId memmap, PageCount pages) { pages_[memmap.index()] += pages.value; }
  const std::vector<std::int64_t>& by_node() const { return pages_; }

 private:
  std::vector<std::int64_t> pages_;
};

}  // namespace mhp::kernel
