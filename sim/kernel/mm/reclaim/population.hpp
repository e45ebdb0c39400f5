#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/workingset.hpp"

namespace mhp::kernel {

/// What pages hold, and so how they can be had back.
enum class Content : std::uint8_t {
  anon,         ///< anonymous memory of a process: only with swap
  mapped_file,  ///< page cache that processes have mapped: uses show in page tables
  page_cache,   ///< page cache that is read and written by calls
  locked,       ///< mlocked or of ramfs: never (the unevictable list)
};

/// Pages of one kind and one owner on the LRU lists: a file set in the page cache, or the anonymous
/// memory of a process. Held as extents: what one use touches as a whole. Reclaim takes pages away
/// behind its back; `missing` says how many, and a fault brings them back through `add_to`.
class Population final : private LruOwner {
 public:
  using Extent = std::uint32_t;

  /// `memcg`: to which its pages have been charged when they are added; they are uncharged as they
  /// go.
  Population(Mm& mm, Content content, MemcgId memcg = {})
      : mm_(mm), content_(content), memcg_(memcg) {}
  ~Population() override { free_all(mm_.nobody()); }

  /// A new extent, of the 2^order pages that were just allocated.
  Extent add(const Allocation& got, int order, bool dirty = false);
  /// More pages for an extent: a page fault or read-ahead after reclaim.
  void add_to(Extent extent, const Allocation& got, int order, bool dirty = false);
  /// The extent is used, or written: mark_page_accessed, or the accessed and dirty bits of the page
  /// tables.
  void touch(Extent extent, bool write = false);
  /// Processes map pages that calls have brought in: uses show in page tables from now on.
  void map(Extent extent);
  /// A task of node `to` meets an extent by NUMA hint faults: parts in the lower tier may move up.
  Task<PageCount> promote(Host& host, Extent extent, NodeId to);
  /// Gives an extent's pages back (truncate, munmap); its number is reused.
  void free(Extent extent, Receipt& receipt);
  void free_all(Receipt& receipt);

  /// Pages that reclaim took from an extent since they were added.
  PageCount missing(Extent extent) const { return PageCount{extents_[extent].missing}; }
  PageCount resident(Extent extent) const;
  /// The same of all extents; of anonymous memory, what is in swap.
  PageCount missing() const { return missing_; }
  /// Calls f(const LruRun&) for each run of an extent.
  template <class F>
  void for_each_run(Extent extent, F&& f) const;

  PageCount resident() const { return resident_; }
  PageCount pages_reclaimed() const { return reclaimed_; }  ///< so far
  std::size_t extents() const { return extents_.size(); }
  Content content() const { return content_; }
  MemcgId memcg() const { return memcg_; }

 private:
  struct ExtentState {
    LruRef first = kNoRun;
    std::int32_t missing = 0;
    Shadow shadow;  ///< of what was reclaimed last
  };
  void reclaimed(LruRef ref, PfnRange pages) override;

  Mm& mm_;
  const Content content_;
  const MemcgId memcg_;
  std::vector<ExtentState> extents_;
  std::vector<Extent> spare_;
  PageCount resident_;
  PageCount missing_;
  PageCount reclaimed_;
};

template <class F>
void Population::for_each_run(Extent extent, F&& f) const {
  const Lru& lru = mm_.lru();
  for (LruRef r = extents_[extent].first; r != kNoRun; r = lru[r].sibling) f(lru[r]);
}

}  // namespace mhp::kernel
