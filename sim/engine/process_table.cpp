#include "sim/engine/process_table.hpp"

#include <utility>

namespace mhp::engine {

std::coroutine_handle<> ProcessTable::adopt(Task<void> body) {
  if (free_.empty()) {
    free_.push_back(supervisors_.size());
    supervisors_.emplace_back();
  }
  const std::size_t entry = free_.back();
  free_.pop_back();
  supervisors_[entry] = supervise(entry, std::move(body));
  ++live_;
  return supervisors_[entry].handle();
}

void ProcessTable::clear() {
  const std::vector<Task<void>> dying = std::exchange(supervisors_, {});
  last_ended_ = {};
  free_.clear();
  live_ = 0;
}

Task<void> ProcessTable::supervise(std::size_t entry, Task<void> body) {
  co_await std::move(body);
  body = {};  // the process's own frame, with its locals, goes now
  ended(entry);
}

void ProcessTable::ended(std::size_t entry) {
  // A frame cannot destroy itself while it runs, so each end disposes of the supervisor before it.
  last_ended_ = std::move(supervisors_[entry]);
  free_.push_back(entry);
  --live_;
}

}  // namespace mhp::engine
