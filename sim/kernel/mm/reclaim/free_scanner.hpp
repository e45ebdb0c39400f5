#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/compaction.hpp"

namespace mhp::kernel {

/// The scanner of compaction that comes down from the top of a zone and takes free pages for others
/// to move to (isolate_freepages). Pageblocks that are wholly free, or not movable, are left alone.
class Compaction::FreeScanner {
 public:
  FreeScanner(Mm& mm, Zone& zone, Pfn top) : mm_(mm), zone_(zone), position_(top) {}
  FreeScanner(const FreeScanner&) = delete;
  FreeScanner& operator=(const FreeScanner&) = delete;
  ~FreeScanner() { give_back(mm_.nobody()); }

  /// Lowest pageblock taken from so far; it is not to go below `limit`.
  Pfn position() const { return position_; }
  void stop_above(Pfn limit) { limit_ = limit; }
  /// A place for the 2^order pages at `from`, which are freed; nothing if there is none as large.
  std::optional<Pfn> replace(Pfn from, int order, Receipt& receipt);
  /// Has no place left: the next one is taken off the free lists.
  bool empty() const { return taken_.empty(); }
  /// Puts what was not used back on the free lists.
  void give_back(Receipt& receipt);
  /// Page frames looked at since the last call.
  std::int64_t take_scanned() { return std::exchange(scanned_, 0); }

 private:
  bool refill(Receipt& receipt);

  Mm& mm_;
  Zone& zone_;
  Pfn position_;
  Pfn limit_;
  std::vector<PfnRange> taken_;  ///< free pages off the lists, of one pageblock, ascending
  std::int64_t scanned_ = 0;
};

}  // namespace mhp::kernel
