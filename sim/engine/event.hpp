#pragma once

#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::engine {

/// What an event does when its time has come.
using Callback = void (*)(void* context);

/// Names one pending event: a slot and the slot's generation. It turns stale when the event runs or
/// is cancelled, and survives a reschedule. A default handle is stale. (A generation has 32 bits:
/// do not keep a stale handle over 2^32 further events.)
struct EventHandle {
  std::uint32_t slot = ~std::uint32_t{0};
  std::uint32_t generation = 0;

  constexpr bool operator==(const EventHandle&) const = default;
};

/// Why the last run() or run_until() returned.
enum class RunEnd : std::uint8_t {
  not_run,        ///< neither was called yet
  drained,        ///< nothing is pending
  limit_reached,  ///< only events later than the limit are pending
  stopped,        ///< stop() was called
};

/// What an engine counts about itself.
struct EngineStatistics {
  std::int64_t executed = 0;      ///< events dispatched
  std::int64_t ties = 0;          ///< of these, at the same time as the one before
  std::int64_t cancelled = 0;     ///< events cancelled
  std::int64_t rescheduled = 0;   ///< events moved to another time
  std::int64_t peak_pending = 0;  ///< most events pending at once
  RunEnd end = RunEnd::not_run;
};

}  // namespace mhp::engine
