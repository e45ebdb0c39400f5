#pragma once

#include <functional>
#include <optional>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Someone who holds movable pages and lets the kernel move them: the owner's page tables are
/// rewritten when a block goes offline or a gigantic page is put together.
class PageOwner {
 public:
  /// Where a block of 2^order pages at `from` lies from now on; nothing if no memory was found.
  using Move = std::function<std::optional<Pfn>(Pfn from, int order)>;

  PageOwner() = default;
  PageOwner(const PageOwner&) = default;
  PageOwner& operator=(const PageOwner&) = default;
  virtual ~PageOwner() = default;

  /// Pages that this owner holds in a range.
  virtual PageCount pages_in(PfnRange range) const = 0;
  /// Calls `move` for each of them and remembers the new place, until one finds no memory.
  virtual void migrate(PfnRange range, const Move& move) = 0;
};

}  // namespace mhp::kernel
