#pragma once

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <utility>

#include "sim/core/frame_pool.hpp"

namespace mhp {

template <class T>
class [[nodiscard]] Task;

namespace detail {

/// Resumes whoever awaited the task when it ends; a task that nobody awaited just stops.
struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
    const auto next = h.promise().continuation;
    return next ? next : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::abort(); }
  static void* operator new(std::size_t size) { return FramePool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    FramePool::free(frame, size);
  }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

/// A lazily started coroutine that yields one value: the body of a kernel operation, a device's
/// life or a workload's. The task owns its frame; destroying it cancels what has not run. Awaiting
/// it starts it and passes control back when it ends, without growing the stack.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle h) : handle_(h) {}
  Task(Task&& o) noexcept : handle_(std::exchange(o.handle_, {})) {}
  Task& operator=(Task&& o) noexcept {
    if (this != &o) reset(std::exchange(o.handle_, {}));
    return *this;
  }
  ~Task() { reset({}); }

  explicit operator bool() const { return static_cast<bool>(handle_); }
  bool done() const { return handle_.done(); }
  /// Runs the task until it waits for something or ends. For roots; inside a coroutine, `co_await`
  /// it.
  void start() { handle_.resume(); }
  std::coroutine_handle<> handle() const { return handle_; }
  /// The value of a finished task.
  T take() { return handle_.promise().take(); }

  /// Starts the task for one who goes on when it ends; false if it has ended already.
  bool await_from(std::coroutine_handle<> parent) noexcept {
    handle_.resume();
    if (handle_.done()) return false;
    handle_.promise().continuation = parent;
    return true;
  }

  // The child is resumed here rather than by symmetric transfer: a child that never waits then
  // costs no stack in any build, and one that does wait finds its way back through its
  // continuation.
  auto operator co_await() && noexcept {
    struct Awaiter {
      Handle child;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> parent) noexcept {
        child.resume();
        if (child.done()) return false;
        child.promise().continuation = parent;
        return true;
      }
      T await_resume() { return child.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  void reset(Handle h) {
    if (handle_) handle_.destroy();
    handle_ = h;
  }
  Handle handle_;
};

/// A value that is there already, or a task that yields it: what is there costs no frame.
template <class T = void>
class [[nodiscard]] MaybeTask {
 public:
  explicit MaybeTask(T value) : value_(std::move(value)) {}
  explicit MaybeTask(Task<T> task) : task_(std::move(task)) {}

  bool await_ready() const noexcept { return !task_; }
  bool await_suspend(std::coroutine_handle<> parent) noexcept { return task_.await_from(parent); }
  T await_resume() { return task_ ? task_.take() : std::move(value_); }

 private:
  T value_{};
  Task<T> task_;
};

/// A task, or nothing to do.
template <>
class [[nodiscard]] MaybeTask<void> {
 public:
  MaybeTask() = default;
  explicit MaybeTask(Task<void> task) : task_(std::move(task)) {}

  bool await_ready() const noexcept { return !task_; }
  bool await_suspend(std::coroutine_handle<> parent) noexcept { return task_.await_from(parent); }
  void await_resume() const noexcept {}

 private:
  Task<void> task_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>{std::coroutine_handle<Promise<T>>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>{std::coroutine_handle<Promise<void>>::from_promise(*this)};
}
}  // namespace detail

}  // namespace mhp
