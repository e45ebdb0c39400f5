#pragma once

#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::run {

/// Pressure stall information of the whole machine, for memory (/proc/pressure/memory), as
/// kernel/sched/psi.c defines it with every task on a processor of its own: `some` while at least
/// one task is stalled, `full` while one is and no other works.
class Pressure {
 public:
  /// What one task does, as far as it matters here.
  struct Task {
    bool running = false;  ///< works, rather than sleeps
    bool stalled = false;  ///< lacks memory: reclaims, compacts or waits for it
    SimTime since;         ///< when the stall began
  };

  void set(SimTime now, Task& task, bool running, bool stalled);
  /// Lets time pass up to `now`.
  void advance(SimTime now);

  SimTime some() const { return some_; }
  SimTime full() const { return full_; }
  /// The same at a time between the last change and the next.
  SimTime some(SimTime at) const { return stalled_ == 0 ? some_ : some_ + (at - last_); }
  SimTime full(SimTime at) const {
    return stalled_ == 0 || productive_ > 0 ? full_ : full_ + (at - last_);
  }
  /// Tasks that are stalled now.
  std::int64_t stalled() const { return stalled_; }
  std::int64_t stalls() const { return stalls_; }     ///< that have begun
  SimTime stall_time() const { return stall_time_; }  ///< sum over those that have ended
  SimTime longest_stall() const { return longest_; }
  /// Integral over time of the number of tasks that are stalled.
  SimTime stalled_area() const { return area_; }

 private:
  static bool productive(const Task& t) { return t.running && !t.stalled; }

  SimTime last_;
  std::int64_t stalled_ = 0;
  std::int64_t productive_ = 0;
  SimTime some_, full_, area_, stall_time_, longest_;
  std::int64_t stalls_ = 0;
};

}  // namespace mhp::run
