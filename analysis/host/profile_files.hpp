#pragma once

#include <string>

#include "analysis/host/derive.hpp"
#include "sim/core/value.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::host {

/// A cost profile: `base` (a table as in configs/costs) with the measured primitives in place of
/// its own, each number with its source.
Value cost_table(const Value& base, const Constants& constants, const Host& host);

/// A machine: the one at hand.
Value machine_table(const Constants& constants, const Host& host);

/// What a scenario would read from these tables; errors are a bug of the tables' writer.
machine::Machine read_back_machine(const Value& table);
cost::CostProfile read_back_costs(const Value& table);

}  // namespace mhp::host
