#pragma once

#include <array>
#include <cstdint>

#include "sim/core/words.hpp"

namespace mhp::workloads {

/// In which order files are used.
enum class Pattern : std::uint8_t { random, in_order, once };
constexpr std::array<Word, 3> words_of(Pattern) {
  return {{{"random", "each use where chance has it"},
           {"in_order", "from start to end, round and round"},
           {"once", "from start to end, then never again: a backup, a copy, an image pull"}}};
}

}  // namespace mhp::workloads
