#pragma once

#include <string>
#include <vector>

#include "analysis/validation/host/derive.hpp"
#include "sim/core/value.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::host {

/// A cost profile: `base` (a table as in configs/costs) with the measured primitives in place of
/// its own, each number with its source.
Value cost_table(const Value& base, const Constants& constants, const std::string& processor);

/// A machine with these processors and nodes, as many as constants are known of.
Value machine_table(const Constants& constants, const CpuFlags& cpu,
                    const std::vector<HostNode>& nodes);

/// What a scenario would read from these tables; errors are a bug of the tables' writer.
machine::Machine read_back_machine(const Value& table);
cost::CostProfile read_back_costs(const Value& table);

}  // namespace mhp::host
