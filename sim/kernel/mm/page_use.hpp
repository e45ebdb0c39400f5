#pragma once

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Someone who knows of pages in use whether they can be moved.
class PageUse {
 public:
  PageUse() = default;
  PageUse(const PageUse&) = default;
  PageUse& operator=(const PageUse&) = default;
  virtual ~PageUse() = default;

  /// Pages in use in a range that can be moved (PageLRU).
  virtual PageCount movable_in(PfnRange range) const = 0;
};

}  // namespace mhp::kernel
