#include "sim/engine/worker_pool.hpp"

#include <utility>

namespace mhp::engine {

void WorkerPool::submit(Task<void> job) {
  jobs_.push_back(std::move(job));
  if (working_ == most_) return;
  ++working_;
  engine_.spawn(worker());
}

Task<void> WorkerPool::worker() {
  while (!jobs_.empty()) {
    Task<void> job = std::move(jobs_.front());
    jobs_.pop_front();
    co_await std::move(job);
  }
  --working_;
}

}  // namespace mhp::engine
