#pragma once

#include <cstdint>
#include <deque>
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
  /// `cpu`: who compacts.
  FreeScanner(Mm& mm, Zone& zone, Pfn top, CpuId cpu)
      : mm_(mm), zone_(zone), cpu_(cpu), position_(top) {}
  FreeScanner(const FreeScanner&) = delete;
  FreeScanner& operator=(const FreeScanner&) = delete;
  ~FreeScanner() { give_back(mm_.nobody()); }

  /// Lowest pageblock taken from so far; it is not to go below `limit`.
  Pfn position() const { return position_; }
  void stop_above(Pfn limit) { limit_ = limit; }
  /// Takes the free pages of the next pageblock that has some, in one hold of the zone's lock;
  /// false if there is none.
  bool refill(Receipt& receipt);
  /// Places there are.
  PageCount pages() const { return pages_; }
  /// One of them for the 2^order pages at `from`, which are freed; nothing if none is as large.
  std::optional<Pfn> replace(Pfn from, int order, Receipt& receipt);
  /// Puts what was not used back on the free lists.
  void give_back(Receipt& receipt);
  /// Page frames looked at since the last call.
  std::int64_t take_scanned() { return std::exchange(scanned_, 0); }

 private:
  Mm& mm_;
  Zone& zone_;
  CpuId cpu_;
  Pfn position_;
  Pfn limit_;
  /// Free pages off the lists, of a pageblock each, ascending; the first one is used up first.
  std::deque<std::vector<PfnRange>> taken_;
  PageCount pages_;
  std::int64_t scanned_ = 0;
};

}  // namespace mhp::kernel
