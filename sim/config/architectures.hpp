#pragma once

#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"
#include "sim/kernel/arch/architecture.hpp"

namespace mhp::config {

/// The folder of the architectures that ship.
std::string shipped_architectures();
/// Their names, in alphabetical order: "arm64-16k" of arm64-16k.toml.
std::vector<std::string> architecture_names();

/// merge_reference() for an architecture, which may be named instead of a file: "arm64-16k".
Result<void> merge_architecture(Value& table, const std::string& key);
/// An architecture by its name.
Result<kernel::Architecture> load_architecture(const std::string& name);

/// All that ship, in the order of their names.
Result<std::vector<kernel::Architecture>> load_architectures();

/// What of an architecture's rules cannot be together, with its place.
void check_architecture(const kernel::Architecture& arch, const Value& table, Diagnostics& errors);

}  // namespace mhp::config
