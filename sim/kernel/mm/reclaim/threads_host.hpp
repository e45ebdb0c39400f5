#pragma once

#include <deque>

#include "sim/kernel/counting_host.hpp"

namespace mhp::kernel {

/// For tests. Runs the kernel's threads beside an operation, without time: whoever waits for a
/// condition stands still until it is woken, and goes on when the operation has let go.
class ThreadsHost : public CountingHost, public Waker {
 public:
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    if (step.kind != Step::Kind::wait) return CountingHost::perform(step, resume);
    if (step.what < static_cast<std::uint16_t>(Condition::kswapd_wakeup)) {
      ready_.push_back(resume);  // lets the others go on
      return false;
    }
    waiting_.push_back({step.what, step.where, resume});
    return false;
  }
  void wake(std::uint16_t condition, std::int32_t where) override {
    for (std::size_t i = 0; i < waiting_.size();) {
      if (waiting_[i].condition != condition || waiting_[i].where != where) {
        ++i;
        continue;
      }
      ready_.push_back(waiting_[i].resume);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  /// Until all sleep.
  void settle() {
    while (!ready_.empty()) {
      const auto next = ready_.front();
      ready_.pop_front();
      next.resume();
    }
  }
  std::size_t asleep() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::uint16_t condition;
    std::int32_t where;
    std::coroutine_handle<> resume;
  };
  std::deque<Waiting> waiting_;
  std::deque<std::coroutine_handle<>> ready_;
};

}  // namespace mhp::kernel
