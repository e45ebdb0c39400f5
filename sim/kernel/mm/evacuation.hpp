#pragma once

#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Whether somebody wants a task to end (fatal_signal_pending).
class TaskSignals {
 public:
  TaskSignals() = default;
  TaskSignals(const TaskSignals&) = delete;
  TaskSignals& operator=(const TaskSignals&) = delete;
  virtual ~TaskSignals() = default;

  virtual bool pending() const = 0;
};

/// Who has memory emptied: how he waits for room, and what ends his waiting.
struct EvacuationTask {
  bool workqueue =
      true;  ///< a kernel worker (ACPI, virtio-mem); else a process that writes to sysfs
  const TaskSignals* signals = nullptr;  ///< null: nothing interrupts him
};

/// How a range is emptied.
struct EvacuationMode {
  NodeId avoid;           ///< a node that gives no room
  bool dissolve = false;  ///< free pages of pools are let go; else they are in the way
  /// __alloc_contig_migrate_range: little is isolated at a time, clean page cache is dropped, and
  /// want of memory ends it. Else do_migrate_range and its loop in offline_pages.
  bool contig = false;
  EvacuationTask task = {};
};

/// How emptying a range ended.
struct Evacuation {
  enum class Outcome : std::uint8_t { empty, unmovable, no_memory, interrupted };
  Outcome outcome = Outcome::empty;
  PageCount moved;         ///< pages migrated
  PageCount dropped;       ///< pages of clean page cache that went instead
  PageCount left;          ///< pages in the way: unmovable, or without a place to go
  bool throttled = false;  ///< reclaim for it waited, as it had too many pages isolated itself
};

}  // namespace mhp::kernel
