#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analysis/validation/pressure/recording.hpp"
#include "sim/kernel/mm/reclaim/vm_events.hpp"

namespace mhp::pressure {

/// The counters at one point of a script, of a guest or of the model.
struct Point {
  kernel::VmEvents events;                     ///< since boot; those of counters()
  std::map<std::string, std::int64_t> levels;  ///< pages: "free", "pcp", and the LRU lists
  std::int64_t huge_pages = 0;
};

/// What one run of a script came to, by number of the step. Of a guest and of the model alike, so
/// that the same rules make quantities of both.
struct Story {
  std::map<std::size_t, Point> points;           ///< snapshots
  std::map<std::size_t, bool> added;             ///< an addition succeeded
  std::map<std::size_t, Pieces> pieces;          ///< of the memmap of what was added while traced
  std::map<std::size_t, std::int64_t> offline;   ///< blocks that went offline
  std::map<std::size_t, std::int64_t> resident;  ///< pages of a file in the cache
  std::map<std::size_t, std::vector<Kid>> kids;  ///< processes that hold memory
  bool panicked = false;
};

/// The levels that are compared at each snapshot.
const std::vector<std::string>& compared_levels();

/// What a recorded run came to. Processes are without what they have from the guest's init, whose
/// copies they are: the pages that it has locked (nr_mlock).
Story story_of(const Run& run);

}  // namespace mhp::pressure
