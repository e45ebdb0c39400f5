#pragma once

#include <cstdint>
#include <deque>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"

namespace mhp::kernel {

class Reclaim;

/// Pages on their way to a file or to swap, and the room that swap has. What reclaim found dirty is
/// written by one thread, in that order, and is then the next to be reclaimed.
class Writeback {
 public:
  Writeback(Reclaim& reclaim, PageCount swap)
      : reclaim_(reclaim), swap_total_(swap), swap_free_(swap) {}

  /// The thread that writes; never ends.
  Task<void> run(Host& host);

  /// Hands a run over; anonymous memory first gets its place in swap. False if there is none.
  bool start(LruRef ref);
  /// A part of a run was cut off: it is waited for as well.
  void split(LruRef rest);
  /// What a run holds is out of date on disk or in swap.
  void mark_dirty(LruRef ref);
  /// A run is about to leave the lists.
  void forget(LruRef ref);

  PageCount pages() const { return pages_; }  ///< being written
  PageCount swap_total() const { return swap_total_; }
  PageCount swap_free() const { return swap_free_; }
  /// Pages came back from swap, or what was there is needed no more.
  void swapped_in(PageCount pages);
  void free_swap(PageCount pages) { swap_free_ += pages; }

 private:
  void end(LruRef ref);

  Reclaim& reclaim_;
  std::deque<LruRef> queue_;  ///< oldest first; kNoRun: gone since
  PageCount pages_;
  const PageCount swap_total_;
  PageCount swap_free_;
};

}  // namespace mhp::kernel
