#pragma once

#include <nlohmann/json.hpp>

#include "analysis/validation/captures/score.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/counters.hpp"

namespace mhp::validation {

/// Compares the page allocations that a recording traced over an operation with the model's.
class AllocationCheck {
 public:
  /// `leaf_order`: of the blocks in which the kernel asks for memmap.
  AllocationCheck(Score& score, int leaf_order) : score_(score), leaf_order_(leaf_order) {}

  void begin(const kernel::HotplugCounters& now) { before_ = now; }
  /// `traced`: the record's `page_allocs`. `slab_known`: false once memory was removed, for the
  /// slabs that a removal leaves half empty are not modelled. `block`: size of memory blocks.
  void end(const nlohmann::json& traced, const kernel::HotplugCounters& now, bool slab_known,
           PageCount block);

 private:
  Score& score_;
  int leaf_order_;
  kernel::HotplugCounters before_;
};

}  // namespace mhp::validation
