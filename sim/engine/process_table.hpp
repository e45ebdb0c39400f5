#pragma once

#include <coroutine>
#include <cstdint>
#include <vector>

#include "sim/core/task.hpp"

namespace mhp::engine {

/// Owns root processes: a process's frame goes when it ends, the others' with the table. It does
/// not decide when a process runs.
class ProcessTable {
 public:
  ProcessTable() = default;
  ProcessTable(const ProcessTable&) = delete;
  ProcessTable& operator=(const ProcessTable&) = delete;
  ~ProcessTable() { clear(); }

  /// Takes over a process that has not been started; resuming the handle starts it.
  std::coroutine_handle<> adopt(Task<void> body);
  /// Destroys every process, oldest entry first. Not from inside one of them.
  void clear();
  /// Processes that have not ended.
  std::size_t live() const { return live_; }

 private:
  Task<void> supervise(std::size_t entry, Task<void> body);
  void ended(std::size_t entry);

  std::vector<Task<void>> supervisors_;
  std::vector<std::size_t> free_;
  Task<void> last_ended_;  ///< stands at its end, but may still be on the stack
  std::size_t live_ = 0;
};

}  // namespace mhp::engine
