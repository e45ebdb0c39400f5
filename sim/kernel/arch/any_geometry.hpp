#pragma once

#include <rapidcheck.h>

#include "sim/kernel/arch/geometry.hpp"

namespace mhp::kernel {

/// For properties: the units of a build that ships, x86-64's as often as not.
inline Geometry any_geometry() {
  return *rc::gen::weightedElement<Geometry>(
      {{4, Geometry{}},
       {1, Geometry({.page = 14, .pageblock = 11, .max_order = 11, .pmd = 25, .pud = 36})},
       {1, Geometry({.section = 24, .pageblock = 9, .max_order = 12})},
       {1, Geometry({.page = 16, .section = 24, .pageblock = 5, .max_order = 8})},
       {1, Geometry({.section = 27, .pageblock = 8, .max_order = 10, .pmd = 20, .pud = 31})}});
}

}  // namespace mhp::kernel
