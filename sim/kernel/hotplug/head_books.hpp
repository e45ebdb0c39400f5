#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/memory_block.hpp"

namespace mhp::kernel {

/// What becomes of memmap that lies in added memory, at one moment: what the positions of the
/// debate about its place hold against each other.
struct HeadFigures {
  PageCount in_use;      ///< all of it
  PageCount in_movable;  ///< present in ZONE_MOVABLE, and cannot move
  PageCount unwritten;   ///< in use from the addition on, their own struct pages not written yet
  PageCount lost_at_resume;  ///< their struct pages written for good, but not saved by hibernation
  PageCount live_offline;    ///< hold what must not be lost, in blocks that are offline
  PageCount not_dumped;      ///< online, and no dump has their struct pages
  PageCount out_of_span;     ///< claim a zone whose span excludes them
  std::int64_t in_other_zone = 0;     ///< memory blocks whose memmap lies in another zone than they
  std::int64_t sections_without = 0;  ///< sections online without a usable page

  HeadFigures& operator+=(const HeadFigures& o);
  HeadFigures operator-() const;
  /// Each figure, if `o` has more of it.
  void raise_to(const HeadFigures& o);
};

/// Places in the kernel where pages of a head are written or counted. Adding and removing are one.
enum class HeadSite : std::uint8_t {
  add,
  online_init,
  online_present,
  offline_present,
  offline_deinit,
};

/// Keeps HeadFigures while memory blocks change.
class HeadBooks {
 public:
  /// `section`: pages of a memory section.
  explicit HeadBooks(PageCount section) : section_(section) {}

  /// Before and after a block changes.
  void leave(const MemoryBlock& block, PageCount block_pages) { now_ += -of(block, block_pages); }
  void enter(const MemoryBlock& block, PageCount block_pages) { now_ += of(block, block_pages); }
  /// An operation is over; `out_of_span`: as zones are now.
  void settle(PageCount out_of_span) {
    now_.out_of_span = out_of_span;
    most_.raise_to(now_);
  }
  void touch(HeadSite site) { sites_ |= 1u << static_cast<unsigned>(site); }

  const HeadFigures& now() const { return now_; }
  /// The most that each has been, between operations.
  const HeadFigures& most() const { return most_; }
  /// How many places have written or counted pages of heads.
  int sites() const { return __builtin_popcount(sites_); }
  /// Of these, those on the way online.
  int online_sites() const { return __builtin_popcount(sites_ & kOnlineSites); }

 private:
  static constexpr unsigned kOnlineSites = 1u << static_cast<unsigned>(HeadSite::online_init) |
                                           1u << static_cast<unsigned>(HeadSite::online_present);

  HeadFigures of(const MemoryBlock& block, PageCount block_pages) const;

  PageCount section_;
  HeadFigures now_;
  HeadFigures most_;
  unsigned sites_ = 0;
};

}  // namespace mhp::kernel
