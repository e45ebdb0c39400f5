#pragma once

#include <cstdint>
#include <optional>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/evacuation.hpp"
#include "sim/kernel/mm/frees_watch.hpp"
#include "sim/kernel/mm/receipt.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/memmap_work.hpp"

namespace mhp::kernel {

class Mm;

/// A task that empties an isolated range, in passes: do_migrate_range in the loop of offline_pages,
/// or __alloc_contig_migrate_range, Linux 6.12. Each page that moves gets its place by the
/// allocator's slow path (alloc_migration_target, __GFP_RETRY_MAYFAIL): page cache is dropped and
/// memory swapped out until there is room. Decides neither what is isolated nor what becomes of the
/// range.
class Evacuator {
 public:
  Evacuator(Mm& mm, Host& host, Zone& zone, PfnRange range, const EvacuationMode& mode,
            Receipt& receipt);
  /// Whether the range is empty but for what pools let go: in the same step it is the caller's.
  Task<Evacuation> run();

 private:
  /// Passes in a row that move nothing, a tick apart, after which the model says that there is no
  /// room; offline_pages goes on until a signal comes.
  static constexpr int kFruitlessPasses = 16;
  /// Pages that are moved before their time is spent (NR_MAX_BATCHED_MIGRATION: what one huge page
  /// holds on x86-64).
  static constexpr std::int64_t kBatch = 512;

  /// Why moving stopped.
  enum class Stop : std::uint8_t {
    no,
    lock,     ///< what gives room has to be locked first
    reclaim,  ///< nothing is free
    freed,    ///< of the range itself something was freed, and not isolated yet
  };

  bool interrupted() const {
    return mode_.task.signals != nullptr && mode_.task.signals->pending();
  }
  AllocRequest request(int order) const;
  /// Isolates what was freed of the range since the last time; false if the kernel uses something
  /// in it.
  Task<bool> isolate_frees();
  /// Moves all that it can; false if there was no room for some of it.
  Task<bool> pass();
  Task<bool> migrate_owners();
  Task<bool> migrate_runs();
  /// A new place for a block; nothing if moving stops there, or (`part`) a smaller part is to be
  /// tried first.
  std::optional<Pfn> place(Pfn from, int order, bool part);
  void settle(PfnRange emptied);
  /// Waits for what moving has stopped for; false if it is not to be had.
  Task<bool> go_on();
  Task<bool> reclaim(const AllocRequest& wanted);
  bool is_clean_cache(LruRef ref) const;
  void drop(LruRef ref);
  /// Spends the time of what was done.
  Task<void> pay();
  PageCount left() const;

  Mm& mm_;
  Host& host_;
  Zone& zone_;
  const PfnRange range_;
  const EvacuationMode mode_;
  Receipt& receipt_;
  FreesWatch::Guard frees_;
  Evacuation result_;
  Stop stop_ = Stop::no;
  AllocRequest wanted_;
  Mark wanted_at_ = Mark::low;
  std::optional<Allocation> got_;  ///< by the slow path, for a block of `got_order_`
  int got_order_ = 0;
  PageCount unpaid_;  ///< moved
  PageCount failed_;
  std::optional<PageCount> stuck_;  ///< what was left when the signal came
  std::int64_t unmapped_ = 0;
  MemmapWork dropped_;
};

}  // namespace mhp::kernel
