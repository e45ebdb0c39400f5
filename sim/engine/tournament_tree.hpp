#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/engine/cache_line_allocator.hpp"

namespace mhp::engine {

/// Decides which pending event is next: a 4-ary winner tree with one leaf a slot. An update walks
/// from leaf to root along a path that no comparison influences, so nothing is mispredicted and
/// the loads overlap. A popped leaf stays open until the next event fills it (one walk for both).
///
/// Every queue of the engine has these members. The order is time, then order of insert() and
/// move(): first in, first out among equal times.
class TournamentTree {
 public:
  /// next_time() when nothing is queued; later than every time.
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint32_t kMaxSlots = std::uint32_t{1} << 22;

  /// Makes room for slots below `capacity` (a power of two, 4 or more).
  void reserve(std::uint32_t capacity);

  /// Queues a slot that is not queued.
  void insert(std::uint32_t slot, SimTime time) {
    if (open_ == slot) open_ = kNone;
    play(slot, make_key(time, slot));
  }
  /// Gives a queued slot another time; it goes behind those already queued for that time.
  void move(std::uint32_t slot, SimTime time) { play(slot, make_key(time, slot)); }
  /// Takes out a queued slot.
  void erase(std::uint32_t slot) {
    close();
    open_ = slot;
  }

  /// Time of the next slot, as an unsigned number.
  std::uint64_t next_time() {
    close();
    return static_cast<std::uint64_t>(winner() >> 64);
  }
  /// Takes out the next slot. Only directly after next_time(), and when that was not kNever.
  std::uint32_t pop() {
    open_ = static_cast<std::uint32_t>(winner()) & (kMaxSlots - 1);
    return open_;
  }

  /// True if every inner node holds the least of its children. Looks at all nodes.
  bool consistent() const;

 private:
  // time (64 bits) | sequence (42) | slot (22): one comparison orders by time, then by schedule.
  __extension__ using Key = unsigned __int128;
  using Cells = std::vector<Key, CacheLineAllocator<Key>>;
  static constexpr unsigned kSlotBits = 22;
  static constexpr std::uint64_t kMaxSequence = (std::uint64_t{1} << (64 - kSlotBits)) - 1;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr Key kIdle = ~Key{0};
  // Cells are numbered so that siblings differ in the last two bits and share a cache line: the
  // root is cell 3, the parent of cell c is cell c / 4 + 2, its children begin at cell 4(c - 2).
  static constexpr std::size_t kRoot = 3;

  static Key lesser(Key a, Key b) { return b < a ? b : a; }
  static Key least_of(const Key* siblings);
  [[noreturn]] static void sequence_exhausted();

  Key make_key(SimTime time, std::uint32_t slot) {
    if (sequence_ == kMaxSequence) [[unlikely]]
      sequence_exhausted();
    const std::uint64_t low = sequence_++ << kSlotBits | slot;
    return Key{static_cast<std::uint64_t>(time.value)} << 64 | low;
  }
  Key winner() const { return cells_[kRoot]; }
  void close() {
    if (open_ == kNone) return;
    play(open_, kIdle);
    open_ = kNone;
  }
  /// Puts `key` into a leaf and settles who wins on the way to the root.
  void play(std::uint32_t slot, Key key);

  Cells cells_ = Cells(kRoot + 1, kIdle);
  std::uint64_t sequence_ = 0;
  std::size_t first_leaf_ = kRoot;
  std::uint32_t capacity_ = 0;
  std::uint32_t open_ = kNone;  ///< no longer queued, but its leaf still holds its key
};

}  // namespace mhp::engine
