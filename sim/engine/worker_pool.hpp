#pragma once

#include <cstdint>
#include <deque>

#include "sim/core/task.hpp"
#include "sim/engine/engine.hpp"

namespace mhp::engine {

/// Runs jobs in the order of their submission, at most so many at once: c servers with one queue.
/// A worker that finds no job ends. The pool must outlive its jobs.
class WorkerPool {
 public:
  WorkerPool(Engine& engine, std::int64_t workers) : engine_(engine), most_(workers) {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Starts `job` through an event at now() if a worker is free, else when one is.
  void submit(Task<void> job);

  std::int64_t working() const { return working_; }
  std::size_t waiting() const { return jobs_.size(); }

 private:
  Task<void> worker();

  Engine& engine_;
  std::int64_t most_;
  std::int64_t working_ = 0;
  std::deque<Task<void>> jobs_;
};

}  // namespace mhp::engine
