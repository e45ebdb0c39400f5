#pragma once

#include <optional>

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Page frames that are kept for the memmap of memory blocks to come, a slot for each block.
class MemmapSlots {
 public:
  /// `slot`: pages of one block's memmap.
  explicit MemmapSlots(PageCount slot) : slot_(slot) {}

  /// Whole slots from the start of the range on; what is left behind them is not used.
  void add(PfnRange range) {
    const PageCount usable{round_down(range.pages().value, slot_.value)};
    free_.insert(range.start.value, (range.start + usable).value);
  }
  /// The slot that begins here has its memmap.
  void take(Pfn at) { free_.erase(at.value, (at + slot_).value); }
  /// Takes the lowest slot that is free; nothing if none is.
  std::optional<Pfn> take_next();

 private:
  PageCount slot_;
  IntervalSet free_;
};

}  // namespace mhp::kernel
