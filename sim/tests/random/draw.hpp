#pragma once

#include <cstdint>
#include <string>

#include "sim/tests/random/draft.hpp"

namespace mhp::random {

/// Scenario `number` of a seed: machine, kernel, hot-plug, workloads and policies drawn from what
/// scenarios may say. It depends on the two numbers alone; some of what is drawn contradicts itself
/// and is refused. `configs` is the folder of the kernels, devices and costs that it names.
Draft draw(std::uint64_t seed, std::uint64_t number, const std::string& configs);

}  // namespace mhp::random
