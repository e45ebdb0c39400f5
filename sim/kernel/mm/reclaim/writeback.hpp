#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/write_plug.hpp"

namespace mhp::kernel {

class Reclaim;

/// Pages on their way to a file or to swap, and the room that swap has. What reclaim found dirty is
/// written by one thread, in that order, and is then the next to be reclaimed. File pages are left
/// to flusher threads, anonymous ones go to the device of swap at once, which has room for so many
/// requests: who would start another waits for one to end (swap_writepage of mm/page_io.c,
/// blk_mq_get_tag of block/blk-mq-tag.c, Linux 6.12).
class Writeback {
 public:
  /// Largest request (BLK_DEF_MAX_SECTORS_CAP, include/linux/blkdev.h, Linux 6.12).
  static constexpr Bytes kMaxRequest{1280 * kKiB};

  /// `requests`: that may be on their way.
  Writeback(Reclaim& reclaim, PageCount swap, std::int64_t requests)
      : reclaim_(reclaim), requests_(requests), swap_total_(swap), swap_free_(swap) {}

  /// The thread that writes; never ends.
  Task<void> run(Host& host);

  /// Hands a run over; anonymous memory first gets its place in swap. False if there is none. What
  /// a reclaimer hands over in a row gets neighbouring places (folio_alloc_swap) and becomes one
  /// request until its plug ends (blk_attempt_plug_merge).
  bool start(LruRef ref, WritePlug& plug);
  /// Whether it would take a request more than there may be.
  bool must_wait(LruRef ref, const WritePlug& plug) const;
  /// Until a request has ended.
  Task<void> wait_for_request(Host& host);
  /// Until 32 pages more have been written, or all (reclaim_throttle of VMSCAN_THROTTLE_WRITEBACK,
  /// which also ends after 100 ms).
  Task<void> throttle(Host& host);
  /// A part of a run was cut off: it is waited for as well.
  void split(LruRef rest);
  /// What a run holds is out of date on disk or in swap.
  void mark_dirty(LruRef ref);
  /// A run is about to leave the lists.
  void forget(LruRef ref);

  PageCount pages() const { return pages_; }  ///< being written
  /// Requests on their way.
  std::int64_t requests() const { return static_cast<std::int64_t>(runs_of_.size()); }
  PageCount swap_total() const { return swap_total_; }
  PageCount swap_free() const { return swap_free_; }
  /// Pages came back from swap, or what was there is needed no more.
  void swapped_in(PageCount pages, MemcgId memcg);
  void free_swap(PageCount pages, MemcgId memcg);

 private:
  /// Of no request that reclaim waits for: file pages are written by the flusher threads.
  static constexpr std::int64_t kFlusher = -1;
  struct Entry {
    LruRef ref = kNoRun;  ///< kNoRun: gone since
    std::int64_t request = kFlusher;
  };
  bool fits(LruRef ref, const WritePlug& plug) const;
  void enqueue(LruRef ref, std::int64_t request);
  void finish_first();
  void end(LruRef ref);

  Reclaim& reclaim_;
  std::deque<Entry> queue_;                       ///< oldest first
  std::map<std::int64_t, std::int64_t> runs_of_;  ///< by request: runs that are not yet written
  std::int64_t next_request_ = 0;
  const std::int64_t requests_;
  PageCount pages_;
  std::int64_t written_ = 0;  ///< pages, so far
  const PageCount swap_total_;
  PageCount swap_free_;
};

}  // namespace mhp::kernel
