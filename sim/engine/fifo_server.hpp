#pragma once

#include <coroutine>
#include <cstdint>

#include "sim/engine/engine.hpp"
#include "sim/engine/ring_buffer.hpp"

namespace mhp::engine {

/// Works off jobs one at a time in the order of their submission and never idles while one waits.
/// Since nobody can overtake, a job's completion is known when it is submitted and costs no event.
class FifoServer {
 public:
  struct Statistics {
    std::int64_t jobs = 0;       ///< jobs submitted
    SimTime busy;                ///< time spent serving until now()
    SimTime total_wait;          ///< from submission to start of service, over all jobs submitted
    SimTime longest_wait;        ///< longest of these
    std::int64_t in_system = 0;  ///< jobs waiting or in service at now()
    /// Integral of in_system over time until now(), in job-nanoseconds. Once the server is idle it
    /// equals the sum of all jobs' waits and services (Little's law).
    std::int64_t area_in_system = 0;
  };

  explicit FifoServer(Engine& engine) : engine_(engine), opened_(engine.now()) {}
  FifoServer(const FifoServer&) = delete;
  FifoServer& operator=(const FifoServer&) = delete;

  /// Books a job of length `service` (0 or more); returns when it will be complete.
  SimTime submit(SimTime service);

  struct ServeAwaiter {
    FifoServer& server;
    SimTime service;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      server.engine_.resume_at(server.submit(service), h);
    }
    void await_resume() const noexcept {}
  };
  /// `co_await` returns when a job of length `service` is complete.
  [[nodiscard]] ServeAwaiter serve(SimTime service) { return {*this, service}; }

  /// When the work booked so far is done; now() or earlier if the server is idle.
  SimTime free_at() const { return free_at_; }
  Statistics statistics() const;
  /// Share of the time since construction spent serving, in parts per million, rounded down.
  std::int64_t utilisation_ppm() const;

 private:
  /// Jobs in the system as a function of time, integrated as the clock advances.
  void depart_until(SimTime t) const;
  SimTime busy() const;

  Engine& engine_;
  SimTime opened_;
  SimTime free_at_;
  SimTime booked_;
  std::int64_t jobs_ = 0;
  SimTime total_wait_;
  SimTime longest_wait_;
  // Follow the clock, also in const members: what has left by now() is no decision.
  mutable RingBuffer<SimTime> completions_;
  mutable SimTime integrated_until_;
  mutable std::int64_t area_ = 0;
};

}  // namespace mhp::engine
