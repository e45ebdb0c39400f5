#pragma once

#include <coroutine>
#include <cstdint>

#include "sim/engine/engine.hpp"
#include "sim/engine/ring_buffer.hpp"

namespace mhp::engine {

/// Lets one process in at a time, in the order in which they asked. unlock() hands the mutex to the
/// longest waiter at once, so nobody overtakes; the waiter runs through an event at now(). It does
/// not know its owner. A process must not be destroyed while it waits unless the engine runs no
/// more.
class Mutex {
 public:
  struct Statistics {
    std::int64_t acquisitions = 0;  ///< holds granted
    std::int64_t contended = 0;     ///< of these, after waiting in the queue
    SimTime total_wait;             ///< from asking to grant, over the contended
    SimTime longest_wait;
    SimTime total_held;  ///< from grant to unlock, over completed holds
    /// Integral of the number of waiters over time, in process ns. Equals total_wait whenever
    /// nobody waits (Little's law). Up to the last change of their number.
    std::int64_t area_waiting = 0;
  };

  explicit Mutex(Engine& engine) : engine_(engine) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  struct LockAwaiter {
    Mutex& mutex;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) { return !mutex.lock_or_queue(h); }
    void await_resume() const noexcept {}
  };
  /// `co_await` returns when the mutex is granted.
  [[nodiscard]] LockAwaiter lock() { return {*this}; }
  /// Takes the mutex if it is free.
  [[nodiscard]] bool try_lock();
  /// True: granted now. False: `h` is queued and will be resumed when the mutex is granted to it.
  /// `holds`: so many holds in a row are simulated as this one.
  [[nodiscard]] bool lock_or_queue(std::coroutine_handle<> h, std::int64_t holds = 1);
  /// Gives the mutex, which must be locked, to the longest waiter, or frees it.
  void unlock();

  bool locked() const { return locked_; }
  std::size_t waiting() const { return waiters_.size(); }
  const Statistics& statistics() const { return statistics_; }

 private:
  struct Waiter {
    std::coroutine_handle<> process;
    SimTime since;
    std::int64_t holds;
  };
  void grant(std::int64_t holds);
  void integrate();

  Engine& engine_;
  RingBuffer<Waiter> waiters_;
  SimTime granted_at_;
  SimTime integrated_to_;
  bool locked_ = false;
  Statistics statistics_;
};

}  // namespace mhp::engine
