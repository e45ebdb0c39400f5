#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/kernel/boot/memmap_init.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/kernel/profile.hpp"
#include "sim/run/boot_memmap.hpp"

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

/// The passes one after the other. `one` simulates the work of a single one; pages go to the page
/// allocator after the last, if they do at all.
template <class One>
run::InitTime in_turn(const std::vector<kernel::Pass>& passes, kernel::MemmapInit::Work work,
                      const One& one) {
  run::InitTime sum;
  const bool to_buddy = work.to_buddy;
  for (std::size_t i = 0; i < passes.size(); ++i) {
    work.pass = passes[i];
    work.to_buddy = to_buddy && i + 1 == passes.size();
    sum += one(work);
  }
  return sum;
}

}  // namespace mhp::published
