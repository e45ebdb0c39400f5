#pragma once

#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"

namespace mhp::config {

/// merge_reference() for what [machine] names. A machine's file may also be what a machine says of
/// itself (sim/observed): then [machine] becomes that machine, with the state of its memory, and
/// what it says of its kernel goes into [kernel], and of memory that is added into the [[hotplug]]
/// tables, where these say nothing themselves. If it is named anywhere but in the scenario's own
/// file, as by --set machine=FILE, the kernel is the machine's, but for what the command line says.
/// `kernel.from_machine` lists what came so; it goes when another machine comes.
Result<void> merge_machine(Value& table, const std::string& key);

}  // namespace mhp::config
