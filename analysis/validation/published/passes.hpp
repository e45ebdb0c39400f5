#pragma once

#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::published {

/// What a parameter that lists passes says of itself.
inline constexpr const char* kPassesDoc =
    "passes over the whole memmap, each the primitives that it does to a struct page, joined by "
    "'+': they share its lines; none: those of the kernel's deferred_init_memmap";

/// Passes over struct pages, each written as the names of its primitives joined by '+'; none: what
/// boot does with such a kernel. What is no primitive is appended to `errors`.
std::vector<kernel::Pass> read_passes(const std::vector<std::string>& texts,
                                      const kernel::KernelProfile& profile, const Location& where,
                                      Diagnostics& errors);

}  // namespace mhp::published
