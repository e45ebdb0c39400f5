#pragma once

#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/params.hpp"
#include "sim/core/value.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/kernel/profile.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::published {

/// A machine, its kernel, and what work costs on it.
struct SetUp {
  machine::Machine machine;
  kernel::KernelProfile profile;
  cost::CostProfile costs;
  std::string kernel_note;       ///< of config::kernel_note; empty: the kernel has a profile
  std::vector<ParamValue> used;  ///< every parameter of them and of the experiment itself
};

/// Reads `machine` and `costs` of an experiment's table, and `kernel` if it is there, which name
/// files, after the list `set` of "key=value" has changed what they hold.
SetUp read_set_up(Value& table, Diagnostics& errors);

/// Adds a setting to the list `set` of an experiment's table.
void add_setting(Value& table, const std::string& setting);

/// Reads the list of strings `key` of a table; empty if there is none.
std::vector<std::string> read_strings(const Value& table, const std::string& key,
                                      Diagnostics& errors);

}  // namespace mhp::published
