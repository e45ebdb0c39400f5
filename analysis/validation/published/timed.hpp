#pragma once

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/run/timed_machine.hpp"

namespace mhp::published {

/// A simulated time in which the primitives of `spent` were done, and what it rests on.
Measured timed(SimTime time, kernel::PrimitiveSet spent, const SetUp& set_up);

/// The time until whatever was begun on a machine of that description is done.
Measured timed(run::TimedMachine& machine, const SetUp& set_up);

}  // namespace mhp::published
