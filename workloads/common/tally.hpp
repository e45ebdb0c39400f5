#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/histogram.hpp"
#include "sim/core/types.hpp"
#include "workloads/workload.hpp"

namespace mhp::workloads {

/// What every workload counts, and the figures made of it.
class Tally {
 public:
  /// An operation begins. Returns when, for end().
  SimTime begin(SimTime now);
  /// The operation that began at `began` ends. `done`: it counts as finished, and its latency.
  void end(SimTime now, SimTime began, bool done = true);
  /// An allocation waited in the allocator's slow path for so long.
  void stall(SimTime waited);
  void failure() { ++failures_; }  ///< pages that could not be had
  void kill() { ++killed_; }       ///< a process that the OOM killer ended

  const Histogram& latency() const { return latency_; }
  std::int64_t operations() const { return latency_.count(); }
  std::int64_t failures() const { return failures_; }
  std::int64_t killed() const { return killed_; }
  std::int64_t stalls() const { return stalls_; }
  SimTime stall_time() const { return stall_time_; }
  /// Integral over time of the number of operations in progress, up to the last begin or end. Once
  /// none is in progress it is the sum of all durations (Little's law).
  SimTime in_flight() const { return area_; }

  /// What every workload reports; the latencies only if an operation was finished.
  std::vector<Figure> figures() const;
  static std::vector<FigureRecord> records();

 private:
  void advance(SimTime now);

  Histogram latency_;
  std::int64_t failures_ = 0;
  std::int64_t killed_ = 0;
  std::int64_t stalls_ = 0;
  SimTime stall_time_;
  std::int64_t open_ = 0;
  SimTime last_, area_;
};

}  // namespace mhp::workloads
