#pragma once

#include <functional>

#include "sim/tests/random/draft.hpp"

namespace mhp::random {

/// The smallest draft that `fails` still holds of when tables, then lines are taken away one after
/// the other, again and again until nothing can go.
Draft shrink(Draft draft, const std::function<bool(const Draft&)>& fails);

}  // namespace mhp::random
