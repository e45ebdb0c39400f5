#include "sim/engine/percpu_rwsem.hpp"

#include "sim/core/invariant.hpp"

namespace mhp::engine {

bool PercpuRwsem::read_or_queue(std::coroutine_handle<> h) {
  const Waiter waiter{h, engine_.now()};
  if (!barred_) {
    admit_reader(waiter);
    return true;
  }
  waiters_.push(waiter);
  return false;
}

bool PercpuRwsem::write_or_queue(std::coroutine_handle<> h) {
  ++writers_;
  if (grace_ == Grace::idle) {
    grace_ = Grace::entering;
    start_grace_period();
  }
  if (grace_ != Grace::entering) return bar(h);
  ++statistics_.grace_waits;
  entering_.push(h);
  return false;
}

void PercpuRwsem::unlock_read() {
  MHP_INVARIANT(readers_ > 0, "a lock that nobody reads was given back at {} ns",
                engine_.now().value);
  if (--readers_ > 0 || !barring_) return;
  engine_.resume_at(engine_.now(), std::exchange(barring_, nullptr));
  grant_write();
}

void PercpuRwsem::unlock_write() {
  MHP_INVARIANT(written_, "a lock that nobody writes was given back at {} ns", engine_.now().value);
  written_ = false;
  barred_ = false;
  wake();
  leave_writers();
}

void PercpuRwsem::start_grace_period() {
  engine_.after(
      grace_period_, [](void* self) { static_cast<PercpuRwsem*>(self)->grace_period_over(); },
      this);
}

// rcu_sync_func
void PercpuRwsem::grace_period_over() {
  if (writers_ > 0) {
    grace_ = Grace::passed;
    for (; !entering_.empty(); entering_.pop())
      if (bar(entering_.front())) engine_.resume_at(engine_.now(), entering_.front());
  } else if (grace_ == Grace::replay) {
    grace_ = Grace::exiting;
    start_grace_period();
  } else {
    grace_ = Grace::idle;
  }
}

// rcu_sync_exit
void PercpuRwsem::leave_writers() {
  if (--writers_ > 0) return;
  if (grace_ == Grace::passed) {
    grace_ = Grace::exiting;
    start_grace_period();
  } else if (grace_ == Grace::exiting) {
    grace_ = Grace::replay;
  }
}

void PercpuRwsem::admit_reader(const Waiter& waiter) {
  ++readers_;
  ++statistics_.reads;
  statistics_.total_reader_wait += engine_.now() - waiter.since;
}

// True: the writer is inside. False: it waits for the readers, or for its turn.
bool PercpuRwsem::bar(std::coroutine_handle<> writer) {
  if (barred_) {
    waiters_.push({writer, engine_.now(), true});
    return false;
  }
  barred_ = true;
  if (readers_ > 0) {
    barring_ = writer;
    return false;
  }
  grant_write();
  return true;
}

void PercpuRwsem::grant_write() {
  written_ = true;
  written_since_ = engine_.now();
  ++statistics_.writes;
}

void PercpuRwsem::wake() {
  while (!waiters_.empty() && !barred_) {
    const Waiter next = waiters_.front();
    waiters_.pop();
    if (!next.writes) admit_reader(next);
    if (!next.writes || bar(next.process)) engine_.resume_at(engine_.now(), next.process);
  }
}

}  // namespace mhp::engine
