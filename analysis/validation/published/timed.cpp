#include "analysis/validation/published/timed.hpp"

#include "analysis/validation/published/rests_on.hpp"

namespace mhp::published {

Measured timed(SimTime time, kernel::PrimitiveSet spent, const SetUp& set_up) {
  return {static_cast<double>(time.value), true, "ok",
          rests_on(set_up.used, spent, set_up.machine.core, set_up.costs), set_up.kernel_note};
}

Measured timed(run::TimedMachine& machine, const SetUp& set_up) {
  machine.engine.run();
  return timed(machine.engine.now(), machine.locks.spent, set_up);
}

}  // namespace mhp::published
