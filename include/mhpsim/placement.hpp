#pragma once

/// A memmap placement of your own in a program that uses mhpsim as a library. In CMake it links
/// mhpsim::mhpsim and mhpsim::placement. A policy is built from the same headers as those in
/// mhpsim's own sim/kernel/placement (docs/adding.md).

#include "sim/kernel/placement/plugin.hpp"

namespace mhpsim {

/// Adds a placement under its name, before the first scenario is read. An Error if the name is
/// taken or the policy has no name, doc or decision.
void add_placement(mhp::kernel::PlacementPolicy policy);

}  // namespace mhpsim
