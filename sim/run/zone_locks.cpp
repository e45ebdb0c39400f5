#include "sim/run/zone_locks.hpp"

#include <algorithm>

namespace mhp::run {

engine::Mutex& ZoneLocks::of(std::int32_t zone) {
  const auto i = static_cast<std::size_t>(zone);
  if (i >= locks_.size()) locks_.resize(i + 1);
  if (!locks_[i]) locks_[i] = std::make_unique<engine::Mutex>(engine_);
  return *locks_[i];
}

bool ZoneLocks::lock_or_queue(std::int32_t zone, std::coroutine_handle<> h, std::int64_t holds) {
  const bool granted = of(zone).lock_or_queue(h, holds);
  if (!granted) ++waiting_;
  return granted;
}

void ZoneLocks::unlock(std::int32_t zone) {
  engine::Mutex& lock = of(zone);
  if (lock.waiting() > 0) --waiting_;
  lock.unlock();
}

ZoneLockUse ZoneLocks::use() const {
  ZoneLockUse sum;
  for (const auto& lock : locks_) {
    if (!lock) continue;
    const engine::Mutex::Statistics& s = lock->statistics();
    sum.acquisitions += s.acquisitions;
    sum.contended += s.contended;
    sum.wait += s.total_wait;
    sum.longest_wait = std::max(sum.longest_wait, s.longest_wait);
    sum.hold += s.total_held;
    sum.longest_held = std::max(sum.longest_held, s.total_held);
  }
  return sum;
}

}  // namespace mhp::run
