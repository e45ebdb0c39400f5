#pragma once

#include <string>

#include "sim/core/diagnostic.hpp"

namespace mhp::kernel {

/// Adds the placements of a shared library (plugin.hpp) to those there are. Before anybody has
/// asked for parameters or placements; the library stays loaded. Errors: it cannot be loaded, is no
/// library of placements, or was built for another version.
Result<void> load_placements(const std::string& path);

}  // namespace mhp::kernel
