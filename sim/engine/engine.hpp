#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/engine/engine_fwd.hpp"
#include "sim/engine/event.hpp"
#include "sim/engine/observer.hpp"
#include "sim/engine/process_table.hpp"
#include "sim/engine/ring_buffer.hpp"
#include "sim/engine/slot_table.hpp"
#include "sim/engine/std_queue.hpp"
#include "sim/engine/tournament_tree.hpp"

namespace mhp::engine {

/// Decides what happens next in simulated time, and runs it. Events leave in the order of their
/// time; events of the same time leave in the order in which they were scheduled, so an event
/// scheduled for now() runs after everything already scheduled for now(). Engines share nothing.
/// Scheduling in the past, or beyond the 292 years that time can count, ends the program.
template <class Queue>
class BasicEngine {
 public:
  BasicEngine() = default;
  BasicEngine(const BasicEngine&) = delete;
  BasicEngine& operator=(const BasicEngine&) = delete;

  SimTime now() const { return SimTime{static_cast<std::int64_t>(now_)}; }

  /// Schedules fn(context) at time `t`, or `dt` from now.
  EventHandle at(SimTime t, Callback fn, void* context) {
    const auto time = static_cast<std::uint64_t>(t.value);
    if (t < now()) [[unlikely]]
      refuse_past(t);
    if (slots_.full()) [[unlikely]]
      grow();
    const std::uint32_t slot = slots_.take({fn, context}, kQueued);
    if (time == now_) {
      slots_[slot].link = ring_push(slot);
    } else {
      queue_.insert(slot, t);
    }
    return slots_.handle(slot);
  }
  EventHandle after(SimTime dt, Callback fn, void* context) { return at(later(dt), fn, context); }
  /// Schedules the resumption of a suspended coroutine.
  EventHandle resume_at(SimTime t, std::coroutine_handle<> h) {
    return at(t, &resume, h.address());
  }

  bool pending(EventHandle h) const { return slots_.pending(h); }
  /// Takes a pending event back. False if the handle is stale.
  bool cancel(EventHandle h);
  /// Gives a pending event another time, as if it were scheduled anew: behind everything already
  /// scheduled for `t`. The handle stays good. False if the handle is stale.
  bool reschedule(EventHandle h, SimTime t);

  /// Starts a process through an event at now() and owns it: its frame is destroyed when it ends,
  /// or with the engine.
  void spawn(Task<void> process) { resume_at(now(), processes_.adopt(std::move(process))); }

  struct DelayAwaiter {
    BasicEngine& engine;
    SimTime until;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) { engine.resume_at(until, h); }
    void await_resume() const noexcept {}
  };
  /// `co_await` lets `dt` pass. With 0 everything already scheduled for now() runs first.
  [[nodiscard]] DelayAwaiter delay(SimTime dt) { return {*this, later(dt)}; }

  /// Runs the next event; false if there is none.
  bool step() { return dispatch(Queue::kNever); }
  /// Runs until nothing is pending or stop() is called.
  RunEnd run();
  /// Runs all events up to and including `limit`. Unless stopped, now() is `limit` afterwards.
  RunEnd run_until(SimTime limit);
  /// Lets the current run() or run_until() return after the current event.
  void stop() { bound_ = 0; }
  /// Destroys all processes, then forgets all events: for models that die before their engine.
  void clear();

  /// Watches every dispatch; null switches it off. The observer must outlive its use.
  void observe(Observer* observer) { observer_ = observer; }
  std::size_t pending_events() const { return slots_.live(); }
  std::size_t live_processes() const { return processes_.live(); }
  EngineStatistics statistics() const;

 private:
  // Where a pending event is, as its slot notes it: queued, or at a position of the ring.
  static constexpr std::uint32_t kQueued = ~std::uint32_t{0};
  static constexpr std::uint32_t kRingMask = kQueued >> 1;
  static constexpr std::uint32_t kTakenBack = kQueued;

  static void resume(void* frame) { std::coroutine_handle<>::from_address(frame).resume(); }
  [[noreturn]] void refuse_past(SimTime t) const;
  // Unsigned, so that an overflow comes out negative and is refused as past.
  SimTime later(SimTime dt) const {
    return SimTime{static_cast<std::int64_t>(now_ + static_cast<std::uint64_t>(dt.value))};
  }
  void grow();
  std::uint32_t ring_push(std::uint32_t slot) { return ring_.push(slot) & kRingMask; }
  std::uint32_t ring_pop();
  void unlink(std::uint32_t slot);
  RunEnd run_below(std::uint64_t bound);
  bool dispatch(std::uint64_t bound);
  void execute(std::uint32_t slot);
  void execute_observed(SlotTable::Payload event);

  SlotTable slots_;
  Queue queue_;
  // Slots of the events for now(), oldest first. What the queue holds for now() was scheduled
  // before the clock got here and so goes first. The front is never a slot taken back.
  RingBuffer<std::uint32_t> ring_;
  std::uint64_t now_ = 0;
  std::uint64_t last_ = Queue::kNever;  ///< time of the last dispatch
  std::uint64_t bound_ = 0;             ///< the current run ends before this time
  std::int64_t executed_ = 0;
  std::int64_t ties_ = 0;
  std::int64_t cancelled_ = 0;
  std::int64_t rescheduled_ = 0;
  Observer* observer_ = nullptr;
  RunEnd end_ = RunEnd::not_run;
  bool running_ = false;
  ProcessTable processes_;  ///< last: frames may touch the engine while they are destroyed
};

extern template class BasicEngine<TournamentTree>;
extern template class BasicEngine<StdQueue>;

}  // namespace mhp::engine
