#pragma once

#include <coroutine>
#include <cstdint>

namespace mhp {

/// One thing that a kernel operation waits for. The numbers mean what the operation's own room says
/// they mean (for the kernel: sim/kernel/primitives.hpp); this room knows neither memory nor time.
struct Step {
  enum class Kind : std::uint8_t {
    acquire,  ///< take lock `what` of `where`; waits until it is granted. `count`: holds in a row
              ///< that are simulated as this one
    release,  ///< give lock `what` of `where` back
    spend,    ///< do `count` units of primitive `what` on the memory of node `where`
    wait,     ///< let condition `what` of `where` come true (a grace period, a timeout of `count`)
    note,     ///< nothing to do: the task is in state `what` from now on, for those who keep books
  };
  Kind kind = Kind::spend;
  std::uint16_t what = 0;
  std::int32_t where = -1;
  std::int64_t count = 1;
  /// spend: further primitives that are done in the same pass, over the same lines; a bit each.
  std::uint64_t with = 0;
  /// spend: how often the stream of the pass's misses begins anew.
  std::int64_t starts = 0;
};

/// Who runs kernel operations. One host grants everything at once and only counts; another prices
/// each step and lets an event engine schedule it against everybody else. The operation cannot tell
/// which.
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  /// Performs `step`. Returns true if it is done already; false if `resume` will be resumed when it
  /// is.
  virtual bool perform(const Step& step, std::coroutine_handle<> resume) = 0;

  struct Awaiter {
    Host& host;
    Step step;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) { return !host.perform(step, h); }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] Awaiter acquire(std::uint16_t lock, std::int32_t where = -1,
                                std::int64_t holds = 1) {
    return {*this, {Step::Kind::acquire, lock, where, holds}};
  }
  [[nodiscard]] Awaiter release(std::uint16_t lock, std::int32_t where = -1) {
    return {*this, {Step::Kind::release, lock, where, 1}};
  }
  [[nodiscard]] Awaiter spend(std::uint16_t primitive, std::int64_t count, std::int32_t node) {
    return {*this, {Step::Kind::spend, primitive, node, count}};
  }
  [[nodiscard]] Awaiter spend(const Step& step) { return {*this, step}; }
  [[nodiscard]] Awaiter wait(std::uint16_t condition, std::int32_t where = -1,
                             std::int64_t count = 1) {
    return {*this, {Step::Kind::wait, condition, where, count}};
  }
  /// Takes no time, so it need not be awaited.
  void note(std::uint16_t state) { perform({Step::Kind::note, state, -1, 1}, {}); }
};

/// Who passes on that a condition has come true to those that wait for it through a host. A
/// condition keeps no memory: whoever starts to wait later waits for the next time.
class Waker {
 public:
  Waker() = default;
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  virtual ~Waker() = default;

  virtual void wake(std::uint16_t condition, std::int32_t where) = 0;
};

}  // namespace mhp
