#include "sim/study/timed_host.hpp"

#include <algorithm>

namespace mhp::study {

LockTable::LockTable(engine::Engine& engine) {
  for (auto& lock : locks_) lock = std::make_unique<engine::Mutex>(engine);
}

bool TimedHost::perform(const Step& step, std::coroutine_handle<> resume) {
  switch (step.kind) {
    case Step::Kind::spend:
      return spend(step, resume);
    case Step::Kind::wait:
      return wait(resume);
    case Step::Kind::acquire:
      return locks_[step.what].lock_or_queue(resume);
    case Step::Kind::release:
      locks_[step.what].unlock();
      if (step.what == static_cast<std::uint16_t>(kernel::Lock::mem_hotplug_lock))
        locks_.last_write = engine_.now();
      return true;
  }
  return true;
}

// Traffic goes to the controllers in pieces, each with its share of the CPU time, so that others
// get their turn.
bool TimedHost::spend(const Step& step, std::coroutine_handle<> resume) {
  if (step.count == 0) return true;
  left_ = pricer_.price(static_cast<kernel::Primitive>(step.what), step.count, NodeId{step.where});
  const std::int64_t chunk = costs_.general.traffic_chunk.value;
  pieces_ = std::max<std::int64_t>(1, (left_.traffic.value + chunk - 1) / chunk);
  waiting_ = resume;
  next_piece();
  return false;
}

void TimedHost::next_piece() {
  if (pieces_ == 0) return std::exchange(waiting_, {}).resume();
  const SimTime time = left_.time / pieces_;
  const Bytes traffic = left_.traffic / pieces_;
  left_.time -= time;
  left_.traffic -= traffic;
  --pieces_;
  SimTime done = engine_.now() + time;
  if (traffic.value > 0)
    done = std::max(done, memory_.transfer(pricer_.cpu_node(), left_.memory, traffic));
  engine_.at(
      done, [](void* self) { static_cast<TimedHost*>(self)->next_piece(); }, this);
}

// A writer pays for a grace period unless another wrote within about one (kernel/rcu/sync.c,
// rcu_sync_enter).
bool TimedHost::wait(std::coroutine_handle<> resume) {
  const SimTime grace = costs_.general.rcu_grace_period;
  if (locks_.last_write && engine_.now() - *locks_.last_write < grace) return true;
  engine_.resume_at(engine_.now() + grace, resume);
  return false;
}

}  // namespace mhp::study
