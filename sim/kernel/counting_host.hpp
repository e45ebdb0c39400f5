#pragma once

#include <array>
#include <cstdint>

#include "sim/core/host.hpp"
#include "sim/core/invariant.hpp"
#include "sim/core/task.hpp"
#include "sim/kernel/primitives.hpp"

namespace mhp::kernel {

/// Grants every step at once and counts the work: for tests of page counts and for replaying
/// captures. Knows no time.
class CountingHost : public Host {
 public:
  bool perform(const Step& step, std::coroutine_handle<>) override {
    switch (step.kind) {
      case Step::Kind::spend:
        spent_[step.what] += step.count;
        for (std::size_t p = 0; p < kPrimitives; ++p)
          if (step.with >> p & 1) spent_[p] += step.count;
        break;
      case Step::Kind::acquire:
        MHP_INVARIANT(!std::exchange(held_[step.what], true), "lock {} taken twice", step.what);
        break;
      case Step::Kind::release:
        MHP_INVARIANT(std::exchange(held_[step.what], false), "lock {} is not held", step.what);
        break;
      case Step::Kind::wait:
      case Step::Kind::note:
        break;
    }
    return true;
  }

  std::int64_t spent(Primitive p) const { return spent_[static_cast<std::size_t>(p)]; }

  /// Runs an operation to its end.
  template <class T>
  static T run(Task<T> task) {
    task.start();
    MHP_INVARIANT(task.done(), "an operation waits although everything was granted");
    return task.take();
  }

 private:
  std::array<std::int64_t, kPrimitives> spent_{};
  std::array<bool, kLocks> held_{};
};

}  // namespace mhp::kernel
