#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/core/paged_array.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/mm/free_block_table.hpp"
#include "sim/kernel/mm/migrate_type.hpp"
#include "sim/kernel/mm/page_trace.hpp"
#include "sim/kernel/mm/page_use.hpp"
#include "sim/kernel/mm/zone_changes.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// The free lists of one zone: decides which page frames an allocation gets and how freed ones
/// merge, in the order in which Linux would. It does not decide whether a zone may be used at all
/// (watermarks) nor which zone is asked.
///
/// One list per order and migrate type, taken from its head. Blocks of the largest order are held
/// as runs, so that a fresh terabyte is one entry; smaller blocks exist only where memory has been
/// split. Order of the lists after mm/page_alloc.c of Linux 6.12: __free_one_page, expand,
/// __rmqueue, move_freepages_block_isolate; what other kernels do is in the profile.
class Buddy {
 public:
  explicit Buddy(KernelProfile profile = {}, Geometry geometry = {})
      : profile_(std::move(profile)), geometry_(geometry) {}

  const KernelProfile& profile() const { return profile_; }
  const Geometry& geometry() const { return geometry_; }
  /// Free pages are always on the lists of their pageblock's type. Before 6.10 they may change
  /// lists and their pageblock keep its type.
  bool lists_follow_pageblocks() const { return profile_.free_lists_follow_pageblocks; }
  /// Who is asked about pages in use, and who is told of blocks that are taken; both may be null.
  void connect(const PageUse* use, PageTrace* trace) { use_ = use, trace_ = trace; }
  PageTrace* trace() const { return trace_; }
  /// What is set whenever the number of free pages changes.
  void tell(ZoneChanges::Mark changed) { changed_ = changed; }
  /// Something else of the zone has changed that who follows zones looks at.
  void note_change() const { changed_.set(); }

  PageCount free_pages() const { return PageCount{free_pages_}; }
  /// Of these, pages of CMA pageblocks (NR_FREE_CMA_PAGES).
  PageCount free_cma_pages() const { return PageCount{free_cma_pages_}; }
  std::int64_t free_blocks(int order) const;
  std::int64_t free_blocks(int order, MigrateType type) const;

  /// Puts fresh memory (onlined, or handed over at boot) at the tails of the lists, in ascending
  /// address order and in the largest aligned blocks. Its pageblocks become `type`.
  void append(PfnRange range, MigrateType type = MigrateType::movable);

  /// Frees one block of 2^order pages; merges it with its free buddies. It goes to the list of its
  /// pageblock's type, or to that given (only where lists need not follow pageblocks).
  void free(Pfn pfn, int order) { free(pfn, order, pageblock_type(pfn)); }
  void free(Pfn pfn, int order, MigrateType list);

  /// What several allocations under one lock remember (enum rmqueue_mode): once a single block had
  /// to be stolen, pageblocks are not looked at again.
  enum class Mode : std::uint8_t { normal, steal };
  /// Takes a block of 2^order pages for `type`, falling back to other types as Linux does; nothing
  /// if there is none.
  std::optional<Pfn> allocate(int order, MigrateType type, Mode& mode);
  std::optional<Pfn> allocate(int order, MigrateType type) {
    Mode mode = Mode::normal;
    return allocate(order, type, mode);
  }

  /// Claims of pageblocks tried since the last call, at orders below theirs: they boost watermarks.
  std::int64_t take_claims() { return std::exchange(claims_, 0); }
  /// True if a request of this order and type could be met (the second half of
  /// __zone_watermark_ok).
  bool has_block(int order, MigrateType type = MigrateType::movable) const;
  /// True if a request finds a block on lists of its own type, or one of another type that it would
  /// claim (the end of __compact_finished, mm/compaction.c of Linux 6.12).
  bool meets(int order, MigrateType type) const;
  /// Takes the pages of a range that are free out of the lists (isolation); says which they were.
  IntervalSet take_range(PfnRange range);
  /// Free pages of a range: O(pageblocks), where it has whole ones.
  PageCount free_in(PfnRange range) const;
  /// True if every page of a range is free; ends where the first pageblock is not.
  bool all_free_in(PfnRange range) const;
  MigrateType pageblock_type(Pfn pfn) const;
  /// Sets the type of the pageblocks that a range touches; free pages in it change lists.
  void set_pageblock_type(PfnRange range, MigrateType type);
  /// The same for a range without a free page, at no cost for looking: memory on its way online.
  void set_fresh_pageblock_type(PfnRange range, MigrateType type);
  /// Pageblocks of `type` in a range; those never named otherwise are movable.
  std::int64_t pageblocks_in(PfnRange range, MigrateType type) const;
  void forget_pageblocks(PfnRange range);
  /// Checks every structural invariant (aligned, disjoint, buddies of equal order never both free,
  /// sums). O(n).
  void validate() const;

 private:
  static constexpr std::int32_t kNone = -1;
  /// Consecutive free blocks of the largest order, ascending; a link of its type's list.
  struct Run {
    std::int64_t start = 0;
    std::int64_t count = 0;
    std::int32_t prev = kNone;
    std::int32_t next = kNone;
    MigrateType type = MigrateType::movable;
  };
  struct List {
    std::int32_t head = kNone;
    std::int32_t tail = kNone;
    std::int64_t count = 0;
  };
  enum class End { head, tail };
  static constexpr std::size_t at(MigrateType t) { return static_cast<std::size_t>(t); }

  void release(std::int64_t pfn, int order, MigrateType type, std::optional<End> end);
  void push(std::int64_t pfn, int order, MigrateType type, End end);
  void remove(std::int64_t pfn, int order);
  bool is_free(std::int64_t pfn, int order) const;
  bool mergeable(std::int64_t buddy, MigrateType type) const;
  void push_runs(std::int64_t start, std::int64_t count, MigrateType type, End end);
  void remove_chunk(std::int64_t pfn);
  std::int32_t run_of(std::int64_t pfn) const;
  std::int32_t insert_run(const Run& run, std::int32_t after);
  void unlink_run(std::int32_t r);
  std::int64_t end_of(const Run& run) const {
    return run.start + (run.count << geometry_.max_order());
  }

  /// A block of another type that a request might use.
  struct Candidate {
    std::int64_t pfn = 0;
    int order = 0;
    MigrateType type = MigrateType::movable;
  };
  std::optional<Pfn> take_smallest(int order, MigrateType type);
  std::optional<Pfn> take_own(int order, MigrateType type);
  void account(std::int64_t pages, MigrateType type);
  void count(List& list, int order, MigrateType type, std::int64_t blocks);
  void count_in_pageblocks(std::int64_t pfn, int order, int sign);
  std::int64_t free_in_runs(std::int64_t start, std::int64_t end) const;
  std::int64_t walk_free_in(std::int64_t start, std::int64_t end) const;
  std::int64_t first_free_reaching(std::int64_t chunk, std::int64_t start) const;
  template <class F>
  void for_each_small_in(std::int64_t p, std::int64_t end, F&& f) const;
  std::optional<Pfn> claim(int order, MigrateType type);
  std::optional<Pfn> steal(int order, MigrateType type);
  std::optional<Pfn> fall_back_to_largest(int order, MigrateType type);
  std::optional<Candidate> candidate(int order, MigrateType type) const;
  std::optional<Candidate> smallest_candidate(int order, MigrateType type) const;
  Pfn take_candidate(const Candidate& c, int order, MigrateType remainder);
  void claim_whole(const Candidate& c, MigrateType type);
  PfnRange may_fragment(const Candidate& c);
  PfnRange pageblock_of(std::int64_t pfn) const;
  bool may_claim(const Candidate& c, MigrateType type) const;
  bool mostly_alike(PfnRange pageblock, MigrateType type) const;
  void move_free_blocks(PfnRange pageblock, MigrateType type);
  void report_fallback(const Candidate& c, Pfn pfn, int order, MigrateType type) const;
  std::optional<std::int64_t> head(int order, MigrateType type) const;
  void mark(std::int64_t first, std::int64_t last, MigrateType type);
  void expand(std::int64_t pfn, int from, int to, MigrateType type);
  template <class F>
  void for_each_free_in(std::int64_t start, std::int64_t end, F&& f) const;
  static constexpr std::size_t index(int i) { return static_cast<std::size_t>(i); }

  KernelProfile profile_;
  Geometry geometry_;
  const PageUse* use_ = nullptr;
  PageTrace* trace_ = nullptr;
  ZoneChanges::Mark changed_;
  FreeBlockTable blocks_;                        // orders below the largest
  PagedArray<std::int32_t> small_in_pageblock_;  // pages of these blocks, by pageblock
  std::array<std::array<List, kMigrateTypes>, Geometry::kMostOrders - 1> lists_{};  // of those
  std::array<List, kMigrateTypes> chunks_{};           // lists of runs, largest order
  std::array<std::uint32_t, kMigrateTypes> orders_{};  // bit o: the list of order o has a block
  std::vector<Run> runs_;
  std::vector<std::int32_t> spare_runs_;
  std::map<std::int64_t, std::int32_t> run_by_end_;  // key: last page frame of the run + 1
  IntervalMap<MigrateType> types_;                   // pageblocks that are not movable
  std::int64_t free_pages_ = 0;
  std::int64_t free_cma_pages_ = 0;
  std::int64_t claims_ = 0;
};

}  // namespace mhp::kernel
