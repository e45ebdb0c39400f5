#include "sim/study/timed_host.hpp"

namespace mhp::study {

LockTable::LockTable(engine::Engine& engine) {
  for (auto& lock : locks_) lock = std::make_unique<engine::Mutex>(engine);
}

bool TimedHost::perform(const Step& step, std::coroutine_handle<> resume) {
  switch (step.kind) {
    case Step::Kind::spend:
      return spend(step, resume);
    case Step::Kind::wait:
      return wait(static_cast<kernel::Condition>(step.what), resume);
    case Step::Kind::acquire:
      ledger_.wait(engine_.now(), Spent::mem_hotplug_lock);
      return locks_[step.what].lock_or_queue(resume);
    case Step::Kind::release:
      locks_[step.what].unlock();
      if (step.what == static_cast<std::uint16_t>(kernel::Lock::mem_hotplug_lock))
        locks_.last_write = engine_.now();
      return true;
  }
  return true;
}

bool TimedHost::spend(const Step& step, std::coroutine_handle<> resume) {
  const cost::Price price =
      pricer_.price(static_cast<kernel::Primitive>(step.what), step.count, NodeId{step.where});
  ledger_.work(engine_.now(), static_cast<kernel::Primitive>(step.what), step.count, price,
               pricer_.cpu_node());
  if (price.traffic.value > 0) {
    memory_.move(pricer_.cpu_node(), price.memory, price.traffic, price.time).await_suspend(resume);
    return false;
  }
  if (price.time.value == 0) return true;
  engine_.resume_at(engine_.now() + price.time, resume);
  return false;
}

// A writer pays for a grace period unless another wrote within about one (kernel/rcu/sync.c,
// rcu_sync_enter).
bool TimedHost::wait(kernel::Condition condition, std::coroutine_handle<> resume) {
  if (condition == kernel::Condition::expedited_grace_period) {
    ledger_.wait(engine_.now(), Spent::expedited_grace_period);
    engine_.resume_at(engine_.now() + costs_.general.rcu_expedited_grace_period, resume);
    return false;
  }
  const SimTime grace = costs_.general.rcu_grace_period;
  if (locks_.last_write && engine_.now() - *locks_.last_write < grace) return true;
  ledger_.wait(engine_.now(), Spent::grace_period);
  engine_.resume_at(engine_.now() + grace, resume);
  return false;
}

}  // namespace mhp::study
