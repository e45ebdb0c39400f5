#include "sim/run/zone_locks.hpp"

#include <algorithm>

namespace mhp::run {

engine::Mutex& ZoneLocks::of(std::int32_t zone) {
  const auto i = static_cast<std::size_t>(zone);
  if (i >= locks_.size()) locks_.resize(i + 1);
  if (!locks_[i]) locks_[i] = std::make_unique<engine::Mutex>(engine_);
  return *locks_[i];
}

std::size_t ZoneLocks::waiting() const {
  std::size_t sum = 0;
  for (const auto& lock : locks_)
    if (lock) sum += lock->waiting();
  return sum;
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
