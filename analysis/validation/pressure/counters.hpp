#pragma once

#include <cstdint>
#include <span>

#include "analysis/validation/pressure/quantity_kind.hpp"
#include "sim/kernel/mm/reclaim/vm_events.hpp"

namespace mhp::pressure {

/// A counter of /proc/vmstat that the model has, too.
struct Counter {
  const char* name;
  std::int64_t kernel::VmEvents::*member;
};
std::span<const Counter> counters();

/// What is compared of an interval between two snapshots: the rise of a sum of counters.
struct Rise {
  const char* name;
  std::int64_t (*sum)(const kernel::VmEvents&);
  bool pages = true;  ///< else events
  Kind kind = Kind::amount;
  bool files = false;  ///< pages of files are among them
};
std::span<const Rise> rises();
/// Of these, what compaction moves, or offlining where blocks went offline meanwhile.
bool is_moved(const Rise& rise);

}  // namespace mhp::pressure
