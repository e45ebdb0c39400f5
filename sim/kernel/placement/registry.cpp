#include <fmt/format.h>

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

std::string PlacementPolicy::note() const {
  if (!in_no_kernel()) return "";
  std::string note = fmt::format("no kernel has {}: proposed by {}", name, proposed);
  if (!assumes.empty()) note += fmt::format("; assumed: {}", fmt::join(assumes, "; "));
  return note;
}

PlacementRegistry& placements_to_extend() {
  static PlacementRegistry registry = [] {
    PlacementRegistry r;
    register_all_placements(r);
    return r;
  }();
  return registry;
}

const PlacementRegistry& placements() { return placements_to_extend(); }

}  // namespace mhp::kernel
