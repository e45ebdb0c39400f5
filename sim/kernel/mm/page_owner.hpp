#pragma once

#include <functional>
#include <optional>

#include "sim/core/types.hpp"

namespace mhp::kernel {

class Receipt;

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

/// Someone who keeps pages that nobody uses and lets go of those whose memory goes offline.
class PagePool {
 public:
  /// A block that it has let go: of the range, or of which some is.
  using Gone = std::function<void(PfnRange)>;

  PagePool() = default;
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;
  virtual ~PagePool() = default;

  /// Pages of a range that are in the pool.
  virtual PageCount free_in(PfnRange range) const = 0;
  /// Lets them go in ascending order; stops where one needs memory for that which is not to be had.
  virtual void dissolve(PfnRange range, Receipt& receipt, const Gone& gone) = 0;
};

}  // namespace mhp::kernel
