#pragma once

#include "sim/config/scenario.hpp"

namespace mhp::config {

/// The kernel's parameters, with what depends on the devices that will come put in: memory blocks
/// as large as they allow, and how much memory can come.
kernel::KernelConfig kernel_config(const Scenario& scenario);

}  // namespace mhp::config
