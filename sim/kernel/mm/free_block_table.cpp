#include "sim/kernel/mm/free_block_table.hpp"

#include <bit>

namespace mhp::kernel {

namespace {
constexpr std::size_t kFirstCapacity = 64;
constexpr int shift_for(std::size_t capacity) { return 64 - std::countr_zero(capacity); }
}  // namespace

FreeBlockTable::FreeBlockTable()
    : slots_(kFirstCapacity, kNone), shift_(shift_for(kFirstCapacity)) {}

std::int32_t FreeBlockTable::find(std::int64_t pfn) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t s = slot_of(pfn); slots_[s] != kNone; s = (s + 1) & mask)
    if ((*this)[slots_[s]].pfn == pfn) return slots_[s];
  return kNone;
}

std::int32_t FreeBlockTable::insert(std::int64_t pfn, int order, std::uint8_t type) {
  if (2 * (size() + 1) > slots_.size()) grow();
  std::int32_t i = 0;
  if (spare_.empty()) {
    i = static_cast<std::int32_t>(pool_.size());
    pool_.emplace_back();
  } else {
    i = spare_.back();
    spare_.pop_back();
  }
  (*this)[i] = Block{pfn, kNone, kNone, static_cast<std::uint8_t>(order), type};
  const std::size_t mask = slots_.size() - 1;
  std::size_t s = slot_of(pfn);
  while (slots_[s] != kNone) s = (s + 1) & mask;
  slots_[s] = i;
  return i;
}

void FreeBlockTable::erase(std::int32_t block) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot_of((*this)[block].pfn);
  while (slots_[hole] != block) hole = (hole + 1) & mask;
  // Backward shift: move later members of the probe sequence into the hole, so that no tombstones
  // are needed.
  for (std::size_t s = (hole + 1) & mask; slots_[s] != kNone; s = (s + 1) & mask) {
    const std::size_t home = slot_of((*this)[slots_[s]].pfn);
    if (((s - home) & mask) >= ((s - hole) & mask)) {
      slots_[hole] = slots_[s];
      hole = s;
    }
  }
  slots_[hole] = kNone;
  spare_.push_back(block);
}

void FreeBlockTable::grow() {
  std::vector<std::int32_t> old(slots_.size() * 2, kNone);
  old.swap(slots_);
  shift_ = shift_for(slots_.size());
  const std::size_t mask = slots_.size() - 1;
  for (const std::int32_t i : old) {
    if (i == kNone) continue;
    std::size_t s = slot_of((*this)[i].pfn);
    while (slots_[s] != kNone) s = (s + 1) & mask;
    slots_[s] = i;
  }
}

}  // namespace mhp::kernel
