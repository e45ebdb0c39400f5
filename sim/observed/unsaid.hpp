#pragma once

#include <vector>

#include "sim/observed/observed.hpp"

namespace mhp::observed {

/// What a machine does not say of itself, and what a run takes in its place.
std::vector<Remark> unsaid(const Observed& observed);

}  // namespace mhp::observed
