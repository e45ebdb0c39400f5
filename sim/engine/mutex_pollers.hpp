#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <map>

#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"

namespace mhp::engine {

/// Processes that do not queue for a mutex: who finds it locked sleeps for a period and tries
/// again. When each of them tries next follows from when it began, so that only a try that finds
/// the mutex free costs an event, whatever their number.
///
/// Of tries at the same time those go first that have gone on for longer. A try at the very time of
/// an unlock comes before it and fails, but for those behind the process that was let in at that
/// time and unlocked at once. A process must not be destroyed while it sleeps unless the engine
/// runs no more.
class MutexPollers {
 public:
  /// `period` is 1 ns or more.
  MutexPollers(Engine& engine, Mutex& mutex, SimTime period)
      : engine_(engine), mutex_(mutex), period_(period.value) {}
  MutexPollers(const MutexPollers&) = delete;
  MutexPollers& operator=(const MutexPollers&) = delete;

  struct Awaiter {
    MutexPollers& pollers;
    bool await_ready() const { return pollers.try_lock(); }
    void await_suspend(std::coroutine_handle<> h) { pollers.sleep(h); }
    void await_resume() const noexcept {}
  };
  /// `co_await` returns when a try has locked the mutex.
  [[nodiscard]] Awaiter lock() { return {*this}; }
  /// Whoever unlocks the mutex says so afterwards.
  void unlocked();

  /// Tries until now, after the first of each, that an event for each would have cost beyond those
  /// that there were.
  std::int64_t events_saved() const;

 private:
  struct Sleeper {
    std::coroutine_handle<> process;
    SimTime since;
  };
  bool try_lock();
  void sleep(std::coroutine_handle<> h) { asleep_[phase()].push_back({h, engine_.now()}); }
  std::int64_t tries_since(SimTime since) const { return (engine_.now() - since).value / period_; }
  std::int64_t phase() const { return engine_.now().value % period_; }
  void await_next_try();
  void try_all();

  Engine& engine_;
  Mutex& mutex_;
  std::int64_t period_;
  /// By the phase within the period at which they try, in the order in which they then do.
  std::map<std::int64_t, std::deque<Sleeper>> asleep_;
  SimTime next_try_{-1};  ///< the one with an event; negative: none
  bool trying_ = false;
  std::int64_t saved_ = 0;  ///< of those let in
};

}  // namespace mhp::engine
