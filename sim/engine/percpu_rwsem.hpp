#pragma once

#include <coroutine>
#include <cstdint>

#include "sim/engine/engine.hpp"
#include "sim/engine/ring_buffer.hpp"

namespace mhp::engine {

/// A lock that costs readers next to nothing and writers a grace period: the percpu-rwsem of Linux
/// (kernel/locking/percpu-rwsem.c, kernel/rcu/sync.c).
///
/// Readers share it. A writer first sees to it that readers take the slow path: if that is not so
/// already, it waits for one grace period. Then it bars new readers, or queues behind the writer
/// that does, and has the lock once the readers inside have left. Whoever finds the lock barred
/// queues in the order of asking; when a writer leaves, readers at the head of the queue enter
/// together, up to the next writer. The slow path ends one grace period after the last writer has
/// left; if another comes and goes in between, one grace period later still. So writers that come
/// in a burst wait for one grace period in all.
///
/// Like Mutex, it does not know its owners, and whoever is woken runs through an event at now().
class PercpuRwsem {
 public:
  struct Statistics {
    std::int64_t reads = 0;        ///< times granted to a reader
    std::int64_t writes = 0;       ///< times granted to a writer
    std::int64_t grace_waits = 0;  ///< writers that waited for a grace period
    SimTime total_reader_wait;     ///< from asking to grant, over all readers
  };

  PercpuRwsem(Engine& engine, SimTime grace_period)
      : engine_(engine), grace_period_(grace_period) {}
  PercpuRwsem(const PercpuRwsem&) = delete;
  PercpuRwsem& operator=(const PercpuRwsem&) = delete;

  struct Awaiter {
    PercpuRwsem& lock;
    bool writes;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) {
      return !(writes ? lock.write_or_queue(h) : lock.read_or_queue(h));
    }
    void await_resume() const noexcept {}
  };
  /// `co_await` returns when the lock is granted for reading (down_read), for writing (down_write).
  [[nodiscard]] Awaiter read() { return {*this, false}; }
  [[nodiscard]] Awaiter write() { return {*this, true}; }
  /// True: granted now. False: `h` is queued and will be resumed when the lock is granted to it.
  [[nodiscard]] bool read_or_queue(std::coroutine_handle<> h);
  [[nodiscard]] bool write_or_queue(std::coroutine_handle<> h);
  void unlock_read();
  void unlock_write();

  /// A writer that asks now waits for a grace period before anything else.
  bool grace_period_due() const { return grace_ == Grace::idle || grace_ == Grace::entering; }
  std::int64_t readers() const { return readers_; }
  bool written() const { return written_; }
  /// Readers and writers that have asked and not got it yet.
  std::size_t waiting() const {
    return waiters_.size() + entering_.size() + (barring_ ? std::size_t{1} : 0);
  }
  /// Since when the writer inside, or the last one, has had the lock.
  SimTime written_since() const { return written_since_; }
  const Statistics& statistics() const { return statistics_; }

 private:
  /// How far the readers' slow path is (enum gp_state).
  enum class Grace : std::uint8_t { idle, entering, passed, exiting, replay };
  struct Waiter {
    std::coroutine_handle<> process;
    SimTime since;
    bool writes = false;
  };

  void start_grace_period();
  void grace_period_over();
  void leave_writers();
  void admit_reader(const Waiter& waiter);
  bool bar(std::coroutine_handle<> writer);
  void grant_write();
  void wake();

  Engine& engine_;
  SimTime grace_period_;
  Grace grace_ = Grace::idle;
  std::int64_t writers_ = 0;  ///< waiting for a grace period, waiting for the lock, or inside
  RingBuffer<std::coroutine_handle<>> entering_;  ///< writers that wait for a grace period
  RingBuffer<Waiter> waiters_;
  std::coroutine_handle<> barring_;  ///< the writer that has barred readers and waits for the last
  std::int64_t readers_ = 0;
  bool barred_ = false;
  bool written_ = false;
  SimTime written_since_;
  Statistics statistics_;
};

}  // namespace mhp::engine
