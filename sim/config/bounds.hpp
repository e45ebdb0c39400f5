#pragma once

#include "sim/config/section.hpp"

namespace mhp::config {

/// Checks that the machine's boot memory lies where its processors and the kernel's direct map can
/// reach it.
void check_addresses(Reading& r);

/// Checks that the nodes that workloads name are there, whatever the parameter is called.
void check_workload_nodes(Reading& r);

}  // namespace mhp::config
