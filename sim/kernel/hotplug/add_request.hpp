#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

/// add_memory() of one physical range.
struct AddRequest {
  NodeId node;
  PfnRange range;
  /// Node of the CPU that runs the call: its memory gives direct-map tables and slab.
  NodeId cpu_node{0};
  /// The driver that calls.
  const Adder* adder = adders().find("acpi_dimm");
  /// Dynamic group that the memory joins; -1: none, or the one that is registered for this call.
  std::int32_t group = -1;
};

/// Whether an addition that fails gives back what the call that failed has got so far, too.
bool undoes_failed_add(const KernelProfile& profile);

}  // namespace mhp::kernel
