#pragma once

#include "sim/config/section.hpp"
#include "sim/kernel/mm/mempolicy.hpp"

namespace mhp::config {

/// The memory policy that the table of a workload states: `policy`, `policy_nodes`,
/// `policy_weights`. What is wrong with it is appended to `errors`.
kernel::MemPolicy read_mem_policy(const Value& table, Diagnostics& errors);

/// Whether the policies' nodes will have memory, and the kernel knows the policies.
void check_mem_policies(Reading& r);

}  // namespace mhp::config
