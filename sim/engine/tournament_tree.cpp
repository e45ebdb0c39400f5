#include "sim/engine/tournament_tree.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/invariant.hpp"

namespace mhp::engine {

void TournamentTree::reserve(std::uint32_t capacity) {
  MHP_INVARIANT(capacity <= kMaxSlots, "{} events are pending at once, at most {} can be", capacity,
                kMaxSlots);
  std::size_t first_leaf = 4;
  for (std::uint32_t leaves = 4; leaves < capacity; leaves *= 4) first_leaf = 4 * (first_leaf - 2);

  Cells cells(first_leaf + capacity, kIdle);
  std::copy_n(cells_.begin() + static_cast<std::ptrdiff_t>(first_leaf_), capacity_,
              cells.begin() + static_cast<std::ptrdiff_t>(first_leaf));
  for (std::size_t c = cells.size() - 4; c > kRoot; c -= 4) cells[c / 4 + 2] = least_of(&cells[c]);
  cells_ = std::move(cells);
  first_leaf_ = first_leaf;
  capacity_ = capacity;
}

void TournamentTree::play(std::uint32_t slot, Key key) {
  Key* const cells = cells_.data();
  std::size_t c = first_leaf_ + slot;
  cells[c] = key;
  do {
    // The least of the other three does not wait for the level below.
    const Key others = lesser(lesser(cells[c ^ 1], cells[c ^ 2]), cells[c ^ 3]);
    key = lesser(others, key);
    c = c / 4 + 2;
    cells[c] = key;
  } while (c != kRoot);
}

bool TournamentTree::consistent() const {
  for (std::size_t c = kRoot + 1; c < cells_.size(); c += 4)
    if (cells_[c / 4 + 2] != least_of(&cells_[c])) return false;
  return true;
}

TournamentTree::Key TournamentTree::least_of(const Key* siblings) {
  return std::min({siblings[0], siblings[1], siblings[2], siblings[3]});
}

void TournamentTree::sequence_exhausted() {
  invariant_failed("sequence < 2^42", __FILE__, __LINE__,
                   "more events were scheduled than the engine can number");
}

}  // namespace mhp::engine
