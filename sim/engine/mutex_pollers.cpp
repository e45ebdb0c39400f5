#include "sim/engine/mutex_pollers.hpp"

namespace mhp::engine {

bool MutexPollers::try_lock() { return next_try_ != engine_.now() && mutex_.try_lock(); }

void MutexPollers::unlocked() {
  if (!mutex_.locked() && !trying_) await_next_try();
}

// The next after now: that of the next phase, around the end of the period. While one is awaited
// nobody comes to try before it: whoever falls asleep sleeps for a whole period.
void MutexPollers::await_next_try() {
  if (next_try_.value >= 0 || asleep_.empty()) return;
  const auto later = asleep_.upper_bound(phase());
  const bool around = later == asleep_.end();
  const std::int64_t at = around ? asleep_.begin()->first + period_ : later->first;
  next_try_ = engine_.now() + SimTime{at - phase()};
  engine_.at(
      next_try_, [](void* self) { static_cast<MutexPollers*>(self)->try_all(); }, this);
}

// Who is let in may be done at once; then the next is let in as well.
void MutexPollers::try_all() {
  next_try_ = SimTime{-1};
  --saved_;
  trying_ = true;
  auto& sleepers = asleep_[phase()];
  for (std::size_t n = sleepers.size(); n > 0 && mutex_.try_lock(); --n) {
    const Sleeper first = sleepers.front();
    sleepers.pop_front();
    saved_ += tries_since(first.since);
    first.process.resume();
  }
  trying_ = false;
  if (sleepers.empty()) asleep_.erase(phase());
  if (!mutex_.locked()) await_next_try();
}

std::int64_t MutexPollers::events_saved() const {
  std::int64_t n = saved_;
  for (const auto& [phase, sleepers] : asleep_)
    for (const Sleeper& s : sleepers) n += tries_since(s.since);
  return n;
}

}  // namespace mhp::engine
