#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"

namespace mhp::run {

/// What became of the locks of all zones so far.
struct ZoneLockUse {
  std::int64_t acquisitions = 0;
  std::int64_t contended = 0;  ///< of these, after waiting
  SimTime wait;                ///< from asking to grant
  SimTime longest_wait;
  SimTime hold;          ///< from grant to release
  SimTime longest_held;  ///< the same of the zone whose lock was held longest
};

/// The locks of all zones, by zone_index: spinlocks that serve in the order of asking, as queued
/// spinlocks do.
class ZoneLocks {
 public:
  explicit ZoneLocks(engine::Engine& engine) : engine_(engine) {}

  /// The lock of a zone, which comes to be when it is first asked for, as engine::Mutex has it.
  bool lock_or_queue(std::int32_t zone, std::coroutine_handle<> h, std::int64_t holds);
  void unlock(std::int32_t zone);
  const engine::Mutex::Statistics& statistics(std::int32_t zone) { return of(zone).statistics(); }
  ZoneLockUse use() const;
  /// Tasks that wait for one of them now.
  std::size_t waiting() const { return waiting_; }

 private:
  engine::Mutex& of(std::int32_t zone);

  engine::Engine& engine_;
  std::vector<std::unique_ptr<engine::Mutex>> locks_;
  std::size_t waiting_ = 0;
};

}  // namespace mhp::run
