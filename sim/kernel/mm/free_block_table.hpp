#pragma once

#include <cstdint>
#include <vector>

namespace mhp::kernel {

/// Free blocks below the largest order, found by page frame in O(1) and linked into lists by index.
/// Open addressing with linear probing; memory is proportional to the number of such blocks, not to
/// the size of the zone.
class FreeBlockTable {
 public:
  static constexpr std::int32_t kNone = -1;

  struct Block {
    std::int64_t pfn = 0;
    std::int32_t prev = kNone;
    std::int32_t next = kNone;
    std::uint8_t order = 0;
    std::uint8_t type = 0;
  };

  FreeBlockTable();

  /// Index of the free block that starts at `pfn`, or kNone.
  std::int32_t find(std::int64_t pfn) const;
  /// Adds a block that is not in the table; returns its index, valid until it is erased.
  std::int32_t insert(std::int64_t pfn, int order, std::uint8_t type);
  void erase(std::int32_t block);

  Block& operator[](std::int32_t i) { return pool_[static_cast<std::size_t>(i)]; }
  const Block& operator[](std::int32_t i) const { return pool_[static_cast<std::size_t>(i)]; }
  std::size_t size() const { return pool_.size() - spare_.size(); }

 private:
  std::size_t slot_of(std::int64_t pfn) const {
    // Fibonacci hashing: consecutive page frames spread over the table.
    return static_cast<std::size_t>((static_cast<std::uint64_t>(pfn) * 0x9e3779b97f4a7c15ULL) >>
                                    shift_);
  }
  void grow();

  std::vector<std::int32_t> slots_;
  std::vector<Block> pool_;
  std::vector<std::int32_t> spare_;
  int shift_ = 0;
};

}  // namespace mhp::kernel
