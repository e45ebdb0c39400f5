#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

const PlacementRegistry& placements() {
  static const PlacementRegistry registry = [] {
    PlacementRegistry r;
    register_all_placements(r);
    return r;
  }();
  return registry;
}

}  // namespace mhp::kernel
