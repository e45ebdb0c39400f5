#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/lru_gen.hpp"
#include "sim/kernel/mm/reclaim/lruvec.hpp"
#include "sim/kernel/mm/zone.hpp"

namespace mhp::kernel {

/// The lists of enum lru_list.
enum class LruList : std::uint8_t {
  inactive_anon,
  active_anon,
  inactive_file,
  active_file,
  unevictable
};
inline constexpr std::size_t kLruLists = 5;
constexpr bool is_file(LruList l) {
  return l == LruList::inactive_file || l == LruList::active_file;
}
constexpr LruList active_of(LruList l) {
  return l == LruList::inactive_file ? LruList::active_file : LruList::active_anon;
}
constexpr LruList inactive_of(LruList l) {
  return is_file(l) ? LruList::inactive_file : LruList::inactive_anon;
}
constexpr bool is_active(LruList l) {
  return l == LruList::active_anon || l == LruList::active_file;
}
constexpr GenType gen_type(LruList l) { return is_file(l) ? GenType::file : GenType::anon; }

/// A run on the lists, as long as it is there.
using LruRef = std::uint32_t;
inline constexpr LruRef kNoRun = std::numeric_limits<LruRef>::max();

/// Who holds pages on the lists; is told what becomes of them. Must outlive them.
class LruOwner {
 public:
  LruOwner() = default;
  LruOwner(const LruOwner&) = delete;
  LruOwner& operator=(const LruOwner&) = delete;
  virtual ~LruOwner() = default;

  /// These pages of run `ref` are dropped or swapped out, and about to be freed; the run goes too
  /// if they are its last.
  virtual void reclaimed(LruRef ref, PfnRange pages) = 0;
  /// The run lies elsewhere now: migrated, compacted, demoted or promoted. `from`: where it lay.
  virtual void moved(LruRef /*ref*/, Pfn /*from*/) {}
};

/// Consecutive page frames of one pageblock and one owner that were used together: the unit that
/// ages. Its pages are reclaimed one by one, from its start.
struct LruRun {
  Pfn pfn;
  PageCount pages;
  NodeId node;
  ZoneType zone = ZoneType::dma;
  LruList list = LruList::inactive_file;
  bool mapped = false;      ///< in page tables: must be unmapped first, and uses show there
  bool young = false;       ///< accessed bits of the page tables
  bool referenced = false;  ///< PG_referenced
  bool dirty = false;       ///< content that is nowhere else: file pages must be written back first
  bool writeback = false;   ///< being written; stays until that is done
  bool swap_cache = false;  ///< anonymous, and has its place in swap
  std::uint8_t refs = 0;    ///< uses through calls beyond the first; with generations alone
  std::uint8_t gen = kNoGeneration;  ///< where it is, with generations; `list` then says its type
  bool isolated = false;  ///< off its list while somebody works on it; `list`: where it returns
  MemcgId memcg;          ///< to which its pages are charged
  LruOwner* owner = nullptr;
  std::uint64_t tag = 0;    ///< the owner's own number
  LruRef sibling = kNoRun;  ///< next run of the same tag; the owner's chain

  PfnRange range() const { return {pfn, pfn + pages}; }
  LruVec lruvec() const { return {node, memcg}; }
};

/// Page cache and anonymous memory in the order in which reclaim looks at it: for each node and
/// memory cgroup the lists of Linux's lruvec, kept apart by zone and merged by age, so that a
/// request that cannot use a high zone finds the oldest pages below it. With multi-generational LRU
/// there are generations in place of active and inactive lists, and the sizes of those are what
/// /proc/vmstat shows then. Decides order and sizes, not what is reclaimed.
class Lru {
 public:
  /// `generations`: multi-generational LRU is on (lru_gen_enabled).
  Lru(std::size_t nodes, const Geometry& geometry, bool generations = false)
      : geometry_(geometry),
        nodes_(nodes),
        lists_(nodes),
        isolated_(nodes),
        sequences_(generations ? nodes : 0),
        young_(nodes) {}

  const Geometry& geometry() const { return geometry_; }
  bool generations() const { return !sequences_.empty(); }
  /// One more memory cgroup, with lists on every node. There is the root from the beginning.
  void add_memcg();
  std::size_t memcgs() const { return memcgs_; }
  /// Puts a run at the head of the list that it names, or of the generation in which new pages of
  /// its kind begin.
  LruRef add(const LruRun& run);
  void remove(LruRef ref);
  LruRun& operator[](LruRef ref) { return links_[ref].run; }
  const LruRun& operator[](LruRef ref) const { return links_[ref].run; }

  /// Moves a run to the head (youngest) of a list, of its own or of another.
  void move_to_head(LruRef ref, LruList list);
  /// Moves a run to the tail of its list: next to be looked at (folio_rotate_reclaimable).
  void move_to_tail(LruRef ref);
  /// The oldest run of a list in zones up to `highest`; kNoRun if there is none.
  LruRef oldest(LruVec vec, LruList list, ZoneType highest) const;
  /// Takes the first `n` pages of a run off the lists, and the run if they are all.
  void shrink(LruRef ref, PageCount n);

  /// Pages of a list in zones up to `highest` (lruvec_lru_size).
  PageCount size(LruVec vec, LruList list, ZoneType highest = ZoneType::device) const;
  /// The same of all memory cgroups together.
  PageCount size(NodeId node, LruList list, ZoneType highest = ZoneType::device) const;
  /// Pages of a list in one zone (NR_ZONE_INACTIVE_FILE and its kin).
  PageCount zone_size(NodeId node, ZoneType zone, LruList list) const;
  PageCount zone_size(LruVec vec, ZoneType zone, LruList list) const {
    if (generations() && list != LruList::unevictable) return generations_size(vec, zone, list);
    return PageCount{
        lists_[index(vec)][static_cast<std::size_t>(list)][static_cast<std::size_t>(zone)].pages};
  }
  std::size_t runs() const { return links_.size() - spare_.size(); }

  /// Takes a run off its list for somebody who works on it (folio_isolate_lru): it stays where it
  /// lies and its owner's, but reclaim does not see it.
  void isolate(LruRef ref);
  /// Puts it back, to the head of its list (folio_putback_lru).
  void putback(LruRef ref);
  /// Pages of a node that are off the lists so (NR_ISOLATED_FILE, NR_ISOLATED_ANON).
  PageCount isolated(NodeId node, bool file) const {
    return PageCount{isolated_[node.index()][file ? 1 : 0].pages};
  }

  /// Cuts a run behind its first `n` pages; the rest is a run of its own, next in the chain and of
  /// the same age. Returns it.
  LruRef split(LruRef ref, PageCount n);
  /// The run lies at `to` from now on; it goes to the head of its list (migrate_pages), also if it
  /// was isolated.
  void relocate(LruRef ref, Pfn to, NodeId node, ZoneType zone);
  /// A run that lies in the pageblock of `pfn`, and the next one of the same pageblock; kNoRun at
  /// the end. In no particular order.
  LruRef first_in_pageblock(Pfn pfn) const;
  LruRef next_in_pageblock(LruRef ref) const { return links_[ref].below; }

  /// The accessed bits of the page tables that map a run.
  void set_young(LruRef ref);
  void clear_young(LruRef ref);

  // Generations, where they are (lru_gen_list.cpp).
  GenSequence& sequence(LruVec vec) { return sequences_[index(vec)]; }
  const GenSequence& sequence(LruVec vec) const { return sequences_[index(vec)]; }
  /// Moves a run to the young end of a generation of its type, or to the old one.
  void move_to_generation(LruRef ref, std::uint8_t gen, bool old_end = false);
  /// The run of a generation that is next to go; kNoRun if there is none.
  LruRef eldest(LruVec vec, GenType type, std::uint8_t gen, ZoneType zone) const {
    return lists_[index(vec)][slot_of(type, gen)][static_cast<std::size_t>(zone)].oldest;
  }
  PageCount generation_size(LruVec vec, GenType type, std::uint8_t gen) const;
  /// The run that page tables have shown as used for longest; kNoRun if there is none.
  LruRef first_young(LruVec vec, GenType type) const { return young_[index(vec)][at(type)].first; }

 private:
  static constexpr std::size_t kSlots = kLruLists + 2 * kMaxNrGens;
  struct Link {
    LruRun run;
    LruRef prev = kNoRun;   ///< older
    LruRef next = kNoRun;   ///< younger
    LruRef above = kNoRun;  ///< neighbours in the pageblock's chain
    LruRef below = kNoRun;
    LruRef before = kNoRun;  ///< neighbours in the chain of young runs
    LruRef after = kNoRun;
    std::int64_t age = 0;  ///< grows towards the young
  };
  struct List {
    LruRef oldest = kNoRun;
    LruRef youngest = kNoRun;
    std::int64_t pages = 0;
  };
  /// Runs that page tables show as used, those first that have been so for longest.
  struct YoungRuns {
    LruRef first = kNoRun;
    LruRef last = kNoRun;
  };
  static constexpr std::size_t slot_of(GenType type, std::uint8_t gen) {
    return kLruLists + at(type) * kMaxNrGens + gen;
  }
  static constexpr std::size_t slot_of(const LruRun& r) {
    return r.gen == kNoGeneration ? static_cast<std::size_t>(r.list)
                                  : slot_of(gen_type(r.list), r.gen);
  }
  std::size_t index(LruVec vec) const { return vec.memcg.index() * nodes_ + vec.node.index(); }
  List& list_of(const LruRun& r) {
    if (r.isolated) return isolated_[r.node.index()][is_file(r.list) ? 1 : 0];
    return lists_[index(r.lruvec())][slot_of(r)][static_cast<std::size_t>(r.zone)];
  }
  LruRef take_link();
  void link_young(LruRef ref);
  void link_old(LruRef ref);
  PageCount generations_size(LruVec vec, ZoneType zone, LruList list) const;
  std::uint8_t generation_for(const LruRun& run, bool active, bool reclaiming) const;
  /// Where there are generations: gives a run that is on no list the one in which it begins.
  void enter_generation(LruRef ref, bool active);
  void enter_young(LruRef ref);
  void leave_young(LruRef ref);
  void unlink(LruRef ref);
  void enter_pageblock(LruRef ref);
  void leave_pageblock(LruRef ref);

  Geometry geometry_;
  std::size_t nodes_;
  std::size_t memcgs_ = 1;
  std::vector<Link> links_;
  std::vector<LruRef> spare_;
  std::vector<std::array<std::array<List, kZoneTypes>, kSlots>> lists_;  ///< by lruvec
  std::vector<std::array<List, 2>> isolated_;    ///< of each node: anonymous, file
  std::vector<GenSequence> sequences_;           ///< by lruvec; none: the classic lists
  std::vector<std::array<YoungRuns, 2>> young_;  ///< by lruvec and type
  std::vector<LruRef> pageblocks_;               ///< first run by pageblock number
  std::int64_t youngest_ = 0;
  std::int64_t oldest_ = 0;
};

}  // namespace mhp::kernel
