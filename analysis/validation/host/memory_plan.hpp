#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/host/host.hpp"

namespace mhp::host {

/// What a calibration may use.
struct Limits {
  double seconds = 20;          ///< about, for all nodes together
  std::optional<Bytes> memory;  ///< of a node at a time; by default what `plan_memory` chooses
};

/// Less than this holds too few pieces of work to tell them apart.
inline constexpr Bytes kLeastMemory{32 * kMiB};
/// Memory that is as good as more: this many times the caches, and this much at the least.
inline constexpr std::int64_t kUsualCaches = 8;
inline constexpr Bytes kUsualMemory{512 * kMiB};
/// What the caches are taken for where the system does not tell them.
inline constexpr Bytes kUntoldCaches{64 * kMiB};

/// The memory that is worked in on a node, and what its caches may hold of it.
struct MemoryPlan {
  Bytes size;
  /// At the most so much of what threads pass over again and again is found in caches, as a share.
  /// Caches that give up what was used longest ago hold none of it, and a guest may have a part
  /// only of the caches that it sees.
  double cached = 0;
  /// Whether the thread that is timed has its lines driven out of the caches beforehand, so that
  /// `cached` is true only of threads beside it.
  bool flushed = true;
  /// At the most a random access takes so many times as long in the usual memory, whose addresses
  /// are farther apart.
  double farther = 1;
  std::vector<std::string> notes;  ///< what makes the result less sure

  /// The share that the timed thread may find in caches.
  double cached_alone() const { return flushed ? 0 : cached; }
};

/// Chooses the memory to work in: as much as is useful, but a quarter of what is free at the most,
/// as experiments take as much again. An error if the memory asked for, or the least, is not free
/// twice.
Result<MemoryPlan> plan_memory(const HostNode& node, const Limits& limits);

}  // namespace mhp::host
