#include "sim/engine/mutex.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"

namespace mhp::engine {

bool Mutex::try_lock() {
  if (locked_) return false;
  grant(1);
  return true;
}

bool Mutex::lock_or_queue(std::coroutine_handle<> h, std::int64_t holds) {
  if (!locked_) {
    grant(holds);
    return true;
  }
  integrate();
  waiters_.push({h, engine_.now(), holds});
  return false;
}

void Mutex::unlock() {
  MHP_INVARIANT(locked_, "a mutex that nobody holds was unlocked at {} ns", engine_.now().value);
  statistics_.total_held += engine_.now() - granted_at_;
  locked_ = false;
  if (waiters_.empty()) return;

  integrate();
  const Waiter next = waiters_.front();
  waiters_.pop();
  const SimTime waited = engine_.now() - next.since;
  ++statistics_.contended;
  statistics_.total_wait += waited;
  statistics_.longest_wait = std::max(statistics_.longest_wait, waited);
  grant(next.holds);
  engine_.resume_at(engine_.now(), next.process);
}

void Mutex::integrate() {
  statistics_.area_waiting +=
      static_cast<std::int64_t>(waiters_.size()) * (engine_.now() - integrated_to_).value;
  integrated_to_ = engine_.now();
}

void Mutex::grant(std::int64_t holds) {
  locked_ = true;
  granted_at_ = engine_.now();
  statistics_.acquisitions += holds;
}

}  // namespace mhp::engine
