#pragma once

#include <coroutine>
#include <cstdint>
#include <vector>

#include "sim/engine/engine.hpp"

namespace mhp::engine {

/// Wakes everybody who waits for a condition. It keeps no memory: a notification reaches those who
/// wait at that moment, and whoever waits again waits for the next one. A process must not be
/// destroyed while it waits unless the engine runs no more.
class Signal {
 public:
  explicit Signal(Engine& engine) : engine_(engine) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  struct WaitAwaiter {
    Signal& signal;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) { signal.queue(h); }
    void await_resume() const noexcept {}
  };
  /// `co_await` returns after the next notify_all().
  [[nodiscard]] WaitAwaiter wait() { return {*this}; }
  /// Resumes `h` after the next notify_all().
  void queue(std::coroutine_handle<> h) { waiters_.push_back(h); }
  /// Resumes all waiters through events at now(), in the order in which they began to wait.
  void notify_all();

  std::size_t waiting() const { return waiters_.size(); }
  std::int64_t notifications() const { return notifications_; }

 private:
  Engine& engine_;
  std::vector<std::coroutine_handle<>> waiters_;
  std::int64_t notifications_ = 0;
};

}  // namespace mhp::engine
