#pragma once

#include <vector>

#include "analysis/validation/captures/field.hpp"
#include "analysis/validation/pressure/recording.hpp"

namespace mhp::pressure {

/// Reads the steps of a run. Throws BadField, with the place, where one is not as its operation
/// has it; an operation that is not known is one of Op::unknown.
std::vector<Step> read_steps(const validation::Field& steps);

/// Throws BadField where the steps are no script that could be replayed: it begins with the
/// snapshot `boot`, and a DIMM is added before anything is done with it, and once.
void check_script(const validation::Field& steps, const std::vector<Step>& script);

}  // namespace mhp::pressure
