#include "sim/study/timed_host.hpp"

namespace mhp::study {

bool TimedHost::perform(const Step& step, std::coroutine_handle<> resume) {
  switch (step.kind) {
    case Step::Kind::spend:
      return spend(step, resume);
    case Step::Kind::wait:
      // synchronize_rcu_expedited: the only condition there is.
      ledger_.wait(engine_.now(), Spent::expedited_grace_period);
      engine_.resume_at(engine_.now() + costs_.general.rcu_expedited_grace_period, resume);
      return false;
    case Step::Kind::acquire:
      ledger_.wait(engine_.now(), locks_.mem_hotplug.grace_period_due() ? Spent::grace_period
                                                                        : Spent::mem_hotplug_lock);
      return locks_.lock_or_queue(static_cast<kernel::Lock>(step.what), resume);
    case Step::Kind::release:
      locks_.unlock(static_cast<kernel::Lock>(step.what));
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

}  // namespace mhp::study
