#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"

namespace mhp::kernel {

class Reclaim;

/// What is remembered of pages that were evicted (shadow entries of mm/workingset.c).
struct Shadow {
  static constexpr std::uint16_t kNone = 0xffff;
  std::uint32_t min_seq = 0;   ///< the oldest generation then
  std::uint16_t node = kNone;  ///< where they lay
  std::uint8_t refs = 0;       ///< LruRun::refs
};

/// Tells evicted pages that come back from new ones, and with multi-generational LRU says what that
/// means: lru_gen_eviction and lru_gen_refault of mm/workingset.c, Linux 6.12. The classic lists
/// count refaults alone.
class Workingset {
 public:
  explicit Workingset(Reclaim& reclaim) : reclaim_(reclaim) {}

  /// Pages of a run are about to be freed.
  Shadow eviction(const LruRun& run, PageCount pages);
  /// So many pages of a run that is about to be added were evicted before. What had been in use
  /// counts as that at once.
  void refault(LruRun& run, const Shadow& shadow, PageCount pages);

 private:
  Reclaim& reclaim_;
};

}  // namespace mhp::kernel
