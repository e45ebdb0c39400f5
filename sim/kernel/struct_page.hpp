#pragma once

#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// Whether the kernel clears struct pages so: sparse_add_one_section and the allocators of a
/// memmap, or __init_single_page by mm_zero_struct_page.
constexpr bool struct_pages_are_cleared(StructPageCleared so, const KernelProfile& profile) {
  return profile.struct_page_cleared == so;
}

}  // namespace mhp::kernel
