#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/free_block_table.hpp"

namespace mhp::kernel {

/// Migrate types that own free lists, numbered as in Linux.
enum class MigrateType : std::uint8_t { unmovable = 0, movable = 1, reclaimable = 2 };
inline constexpr int kMigrateTypes = 3;

/// Largest buddy order, inclusive (Linux MAX_PAGE_ORDER; 4 MiB on x86-64).
inline constexpr int kMaxOrder = 10;
/// Order of a pageblock (2 MiB with huge pages).
inline constexpr int kPageblockOrder = 9;
inline constexpr std::int64_t kMaxOrderPages = std::int64_t{1} << kMaxOrder;
inline constexpr std::int64_t kPageblockPages = std::int64_t{1} << kPageblockOrder;

/// The order of the largest aligned block that a range, which is not empty, begins with.
constexpr int largest_order(PfnRange range) {
  int order = 0;
  while (order < kMaxOrder && range.start.value % (std::int64_t{2} << order) == 0 &&
         range.pages().value >= std::int64_t{2} << order)
    ++order;
  return order;
}

/// The free lists of one zone: decides which page frames an allocation gets and how freed ones
/// merge, in the order in which Linux would. It does not decide whether a zone may be used at all
/// (watermarks) nor which zone is asked.
///
/// One list per order and migrate type, taken from its head. Blocks of the largest order are held
/// as runs, so that a fresh terabyte is one entry; smaller blocks exist only where memory has been
/// split. Order of the lists after mm/page_alloc.c of Linux 6.12: __free_one_page, expand,
/// __rmqueue_fallback, move_freepages_block_isolate.
class Buddy {
 public:
  PageCount free_pages() const { return PageCount{free_pages_}; }
  std::int64_t free_blocks(int order) const;
  std::int64_t free_blocks(int order, MigrateType type) const;

  /// Puts fresh memory (onlined, or handed over at boot) at the tails of the lists, in ascending
  /// address order and in the largest aligned blocks. Its pageblocks become `type`.
  void append(PfnRange range, MigrateType type = MigrateType::movable);

  /// Frees one block of 2^order pages; merges it with its free buddies.
  void free(Pfn pfn, int order);

  /// Takes a block of 2^order pages for `type`, falling back to other types as Linux does; nothing
  /// if there is none.
  std::optional<Pfn> allocate(int order, MigrateType type);

  /// True if a request of this order could be met (the second half of __zone_watermark_ok).
  bool has_block(int order) const;

  /// Takes the pages of a range that are free out of the lists (isolation); says which they were.
  IntervalSet take_range(PfnRange range);

  /// Number of free pages in a range.
  PageCount free_in(PfnRange range) const;

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
    std::int64_t end() const { return start + count * kMaxOrderPages; }
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
  void push_runs(std::int64_t start, std::int64_t count, MigrateType type, End end);
  void remove_chunk(std::int64_t pfn);
  std::int32_t run_of(std::int64_t pfn) const;
  std::int32_t insert_run(const Run& run, std::int32_t after);
  void unlink_run(std::int32_t r);

  std::optional<Pfn> take_smallest(int order, MigrateType type);
  std::optional<Pfn> fall_back(int order, MigrateType type);
  std::optional<Pfn> steal_single(int order, MigrateType type);
  bool claim_pageblock(std::int64_t pfn, MigrateType type);
  std::optional<std::int64_t> head(int order, MigrateType type) const;
  void mark(std::int64_t first, std::int64_t last, MigrateType type);
  void expand(std::int64_t pfn, int from, int to, MigrateType type);
  template <class F>
  void for_each_free_in(std::int64_t start, std::int64_t end, F&& f) const;
  static constexpr std::size_t index(int i) { return static_cast<std::size_t>(i); }

  FreeBlockTable blocks_;                                           // orders below the largest
  std::array<std::array<List, kMigrateTypes>, kMaxOrder> lists_{};  // of those
  std::array<List, kMigrateTypes> chunks_{};                        // lists of runs, largest order
  std::vector<Run> runs_;
  std::vector<std::int32_t> spare_runs_;
  std::map<std::int64_t, std::int32_t> run_by_end_;  // key: last page frame of the run + 1
  IntervalMap<MigrateType> types_;                   // pageblocks that are not movable
  std::int64_t free_pages_ = 0;
};

}  // namespace mhp::kernel
