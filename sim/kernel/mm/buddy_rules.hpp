#pragma once

#include <array>
#include <cstdint>

#include "sim/core/words.hpp"

namespace mhp::kernel {

/// What differs between kernels in how the buddy treats pageblocks of other types.
struct BuddyRules {
  /// Free pages are always on the lists of their pageblock's type (6.10 and later). Before, free
  /// pages may change lists and their pageblock keep its type.
  bool lists_follow_pageblocks = true;

  enum class Fallback : std::uint8_t {
    largest_block,     ///< the largest block or, if movable pages may not claim it, the smallest
    claim_then_steal,  ///< the largest whose pageblock can be claimed, else the smallest block
  };
  friend constexpr std::array<Word, 2> words_of(Fallback) {
    return {{{"largest_block", "from the largest block of another type (up to 6.14)"},
             {"claim_then_steal",
              "from the largest block whose pageblock can be claimed, else the smallest block "
              "(6.15, and 6.12.y)"}}};
  }
  Fallback fallback = Fallback::claim_then_steal;
};

}  // namespace mhp::kernel
