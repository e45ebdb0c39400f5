#pragma once

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/page_owner.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"

namespace mhp::kernel {

class Mm;
class Reclaim;

/// Moves pages of the LRU lists elsewhere: migrate_pages of mm/migrate.c, Linux 6.12. Where to is
/// the caller's business. Ranges are whole pageblocks.
class Migration {
 public:
  Migration(Mm& mm, Reclaim& reclaim) : mm_(mm), reclaim_(reclaim) {}

  PageCount lru_pages_in(PfnRange range) const;
  /// Moves a run to where `move` says, in pieces if it must be; returns how many pages moved before
  /// there was no room.
  PageCount migrate_run(LruRef ref, const PageOwner::Move& move);
  /// The same for all runs of a range; false if there was no room for all.
  bool migrate_range(PfnRange range, const PageOwner::Move& move);
  /// Takes all runs of a range off the lists (isolate_folio_to_list).
  void isolate_range(PfnRange range);
  /// Puts those back that are still off the lists (putback_movable_pages).
  void putback_range(PfnRange range);
  /// A run of a pageblock that is off the lists; kNoRun if there is none.
  LruRef isolated_in(Pfn pageblock) const;
  /// Cuts a run behind its first `n` pages; returns the rest.
  LruRef split_run(LruRef ref, PageCount n);
  /// The work on pages that lay at `from` on a node.
  Task<void> spend(Host& host, Pfn from, NodeId node, PageCount pages) const;

 private:
  template <class F>
  void for_each_run_in(PfnRange range, F&& f) const;

  Mm& mm_;
  Reclaim& reclaim_;
};

}  // namespace mhp::kernel
