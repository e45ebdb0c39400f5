#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sim/kernel/primitives.hpp"
#include "sim/run/timeline/recorder.hpp"

namespace mhp::run {

/// Who holds the kernel's locks and who waits for them. It is told what is asked of a lock and
/// follows its queue, which serves in the order of asking.
class LockSpans {
 public:
  explicit LockSpans(TimelineRecorder& recorder);

  /// Somebody, of whom `by` is a track or -1, has asked for a lock and has it or queues for it.
  void asked(kernel::Lock lock, std::int32_t where, std::int64_t by, bool granted, SimTime now);
  /// It is given back; the first in the queue has it from then on.
  void released(kernel::Lock lock, std::int32_t where, SimTime now);
  /// The same of a lock that who waits may get later than it is free: the holder has it since.
  void released_held_since(kernel::Lock lock, std::int32_t where, SimTime since, SimTime now);
  /// Somebody who does not queue has it after he has asked again and again since `since`.
  void polled(kernel::Lock lock, std::int64_t by, SimTime since, SimTime now);
  /// The run ends: who holds and who waits has done so until now.
  void conclude(SimTime now);

 private:
  struct Waiter {
    std::int64_t by;
    SimTime since;
  };
  struct State {
    Lanes holds;
    Lanes waits;
    std::uint16_t held, waited;
    std::optional<Waiter> holder;
    std::deque<Waiter> queue;
  };
  State& of(kernel::Lock lock, std::int32_t where);
  void waited(State& state, const Waiter& waiter, SimTime now);
  void held(State& state, SimTime now);

  TimelineRecorder& recorder_;
  /// Locks of which there is one by number, then those of zones; of those that were asked for.
  std::vector<std::unique_ptr<State>> states_;
};

}  // namespace mhp::run
