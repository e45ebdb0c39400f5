#pragma once

#include <memory>
#include <vector>

#include "sim/kernel/boot/found_state.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"

namespace mhp::run {

/// Page cache and anonymous memory.
using Residents = std::vector<std::unique_ptr<kernel::Population>>;

/// Puts the pages back on the LRU lists that a machine had there when it was found. Whose they are
/// nobody says: they are clean, but for what is anonymous, and nobody uses them again. They lie
/// where nothing is free, in movable pageblocks as far as these have room.
Residents residents_of(const kernel::FoundState& found, const kernel::BootState& boot,
                       kernel::Mm& mm);

}  // namespace mhp::run
