#pragma once

#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// The pages of a block of that order.
constexpr PageCount pages_of_order(int order) { return PageCount{std::int64_t{1} << order}; }

}  // namespace mhp::kernel
