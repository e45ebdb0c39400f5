#pragma once

#include <array>
#include <deque>
#include <optional>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/buddy.hpp"

namespace mhp::kernel {

/// The per-CPU list of a zone for blocks of pageblock order (NR_PCP_THP, Linux 5.14 and later):
/// requests of order 9 are met from it, and it is filled two at a time, so that every second one
/// leaves a spare. Spares are free memory that watermarks do not see. The lists of all processors
/// count as one: hot-plug work runs on one processor at a time.
class PerCpuPageblocks {
 public:
  /// Takes a pageblock for `type`; fetches two from the buddy if none is at hand. Nothing if the
  /// buddy has none either.
  std::optional<Pfn> take(MigrateType type, Buddy& buddy);
  /// Gives every spare back to the buddy (drain_zone_pages).
  void drain(Buddy& buddy);

  PageCount pages() const { return PageCount{spares_ * kPageblockPages}; }

 private:
  std::array<std::deque<Pfn>, kMigrateTypes> lists_;
  std::int64_t spares_ = 0;
};

}  // namespace mhp::kernel
