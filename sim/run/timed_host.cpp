#include "sim/run/timed_host.hpp"

#include "sim/core/invariant.hpp"
#include "sim/run/timeline/lock_spans.hpp"
#include "sim/run/timeline/thread_spans.hpp"

namespace mhp::run {

bool LockTable::lock_or_queue(kernel::Lock lock, std::int32_t where, std::int64_t holds,
                              std::coroutine_handle<> h, std::int64_t by) {
  const auto ask = [&] {
    if (lock == kernel::Lock::zone_lock) return zones.lock_or_queue(where, h, holds);
    if (lock == kernel::Lock::hugetlb_lock) return hugetlb.lock_or_queue(h);
    if (lock == kernel::Lock::mem_sysfs_mutex) return mem_sysfs.lock_or_queue(h);
    if (lock == kernel::Lock::mem_hotplug_lock) return mem_hotplug.write_or_queue(h);
    return device_hotplug.lock_or_queue(h);
  };
  const bool granted = ask();
  if (spans != nullptr) spans->asked(lock, where, by, granted, engine_.now());
  return granted;
}

void LockTable::polled_device_hotplug(std::int64_t by, SimTime since) {
  if (spans != nullptr) spans->polled(kernel::Lock::device_hotplug_lock, by, since, engine_.now());
}

// Who waits for mem_hotplug_lock may get it later than it is free.
void LockTable::unlock(kernel::Lock lock, std::int32_t where) {
  if (spans != nullptr && lock == kernel::Lock::mem_hotplug_lock)
    spans->released_held_since(lock, where, mem_hotplug.written_since(), engine_.now());
  else if (spans != nullptr && lock != kernel::Lock::vm_zone_stat)
    spans->released(lock, where, engine_.now());
  if (lock == kernel::Lock::zone_lock) return zones.unlock(where);
  if (lock == kernel::Lock::vm_zone_stat) return;
  if (lock == kernel::Lock::hugetlb_lock) return hugetlb.unlock();
  if (lock == kernel::Lock::mem_sysfs_mutex) return mem_sysfs.unlock();
  if (lock == kernel::Lock::mem_hotplug_lock) return mem_hotplug.unlock_write();
  device_hotplug.unlock();
  device_hotplug_pollers.unlocked();
}

void TimedHost::record(ThreadSpans& spans) {
  spans_ = &spans;
  track_ = spans.track();
}

// Time passes in steps only: what a task does until the next one follows from this one.
bool TimedHost::perform(const Step& step, std::coroutine_handle<> resume) {
  const bool takes_time = step.kind != Step::Kind::note && step.kind != Step::Kind::release;
  MHP_INVARIANT(!takes_time || locks_.receipts == nullptr || locks_.receipts->unspent() == 0,
                "a task waits (step {}, {}) before it has paid for what the page allocator did",
                static_cast<int>(step.kind), step.what);
  if (spans_ != nullptr) spans_->step(engine_.now(), step);
  switch (step.kind) {
    case Step::Kind::spend:
      set_running(true);
      return spend(step, resume);
    case Step::Kind::wait:
      set_running(false);
      return wait(step, resume);
    case Step::Kind::note:
      note(static_cast<kernel::TaskState>(step.what));
      return true;
    case Step::Kind::acquire:
      return acquire(step, resume);
    case Step::Kind::release:
      locks_.unlock(static_cast<kernel::Lock>(step.what), step.where);
      return true;
  }
  return true;
}

cost::Price TimedHost::price(const Step& step) {
  if (busy_ != nullptr) pricer_.share_with(*busy_);
  const auto primitive = static_cast<kernel::Primitive>(step.what);
  if (step.with == 0 && step.starts == 0)
    return pricer_.price(primitive, step.count, NodeId{step.where});
  kernel::Pass pass(primitive);
  pass.with = step.with;
  return pricer_.price(pass, step.count, NodeId{step.where}, step.starts);
}

void TimedHost::count_traffic(const Step& step, const cost::Price& price) {
  if (static_cast<kernel::Primitive>(step.what) == kernel::Primitive::memory_line) return;
  const std::size_t nodes = memory_.nodes();
  (*locks_.kernel_traffic)[pricer_.cpu_node().index() * nodes + price.memory.index()] +=
      static_cast<double>(price.traffic.value);
}

bool TimedHost::spend(const Step& step, std::coroutine_handle<> resume) {
  const cost::Price price = this->price(step);
  if (step.count > 0)
    locks_.spent |= kernel::Pass::bit(static_cast<kernel::Primitive>(step.what)) | step.with;
  MHP_INVARIANT(ledger_ == nullptr || step.with == 0,
                "a ledger that takes primitives one by one was given a pass of several");
  if (ledger_ != nullptr)
    ledger_->work(engine_.now(), static_cast<kernel::Primitive>(step.what), step.count, price,
                  pricer_.cpu_node());
  if (price.traffic.value > 0) {
    if (locks_.kernel_traffic) count_traffic(step, price);
    move(price, resume);
    return false;
  }
  if (spans_ != nullptr) spans_->ends(engine_.now() + price.time);
  if (price.time.value == 0) return true;
  engine_.resume_at(engine_.now() + price.time, resume);
  return false;
}

// Of a recorded thread it is told when the traffic has passed: what it does is over, whatever comes
// then.
void TimedHost::move(const cost::Price& price, std::coroutine_handle<> resume) {
  if (spans_ == nullptr)
    return memory_.move(pricer_.cpu_node(), price.memory, price.traffic, price.time)
        .await_suspend(resume);
  moving_ = resume;
  const auto moved = [](void* self) {
    auto& host = *static_cast<TimedHost*>(self);
    host.spans_->ended(host.engine_.now());
    host.moving_.resume();
  };
  memory_.start(pricer_.cpu_node(), price.memory, price.traffic, price.time, moved, this);
}

// Who waits for a zone's lock spins.
bool TimedHost::acquire(const Step& step, std::coroutine_handle<> resume) {
  const auto lock = static_cast<kernel::Lock>(step.what);
  if (lock == kernel::Lock::vm_zone_stat) return write_vm_zone_stat(step.count, resume);
  const bool spins = lock == kernel::Lock::zone_lock || lock == kernel::Lock::hugetlb_lock;
  const bool grace = !spins && locks_.mem_hotplug.grace_period_due();
  if (ledger_ != nullptr)
    ledger_->wait(engine_.now(), grace   ? Spent::grace_period
                                 : spins ? Spent::zone_lock
                                         : Spent::mem_hotplug_lock);
  const bool granted = locks_.lock_or_queue(lock, step.where, step.count, resume, track_);
  set_running(granted || spins);
  return granted;
}

// From a processor of the same node the line comes as a per-CPU one of another CPU does.
bool TimedHost::write_vm_zone_stat(std::int64_t writes, std::coroutine_handle<> resume) {
  machine::SharedLine* line = locks_.vm_zone_stat;
  if (line == nullptr || line->write_or_queue(pricer_.cpu_node(), this, writes, resume))
    return true;
  locks_.spent |= kernel::Pass::bit(kernel::Primitive::percpu_line);
  return false;
}

bool TimedHost::wait(const Step& step, std::coroutine_handle<> resume) {
  using kernel::Condition;
  const auto condition = static_cast<Condition>(step.what);
  const bool grace = condition == Condition::grace_period;
  const bool expedited = condition == Condition::expedited_grace_period;
  if (ledger_ != nullptr)
    ledger_->wait(engine_.now(), grace       ? Spent::grace_period
                                 : expedited ? Spent::expedited_grace_period
                                             : Spent::memory_shortage);
  if (grace)
    engine_.resume_at(engine_.now() + costs_.general.rcu_grace_period, resume);
  else if (expedited)
    engine_.resume_at(engine_.now() + costs_.general.rcu_expedited_grace_period, resume);
  else if (condition == Condition::timeout)
    engine_.resume_at(engine_.now() + SimTime{kSecond.value / kernel::kHz * step.count}, resume);
  else
    locks_.signals(step.what, step.where).queue(resume);
  return false;
}

void TimedHost::note(kernel::TaskState state) {
  using kernel::TaskState;
  if (state == TaskState::running || state == TaskState::asleep)
    return set_running(state == TaskState::running);
  locks_.pressure.set(engine_.now(), task_, task_.running, state == TaskState::memstall_enter);
}

void TimedHost::set_running(bool running) {
  locks_.pressure.set(engine_.now(), task_, running, task_.stalled);
}

}  // namespace mhp::run
