#pragma once

#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"

namespace mhp::config {

/// Puts a referenced file in the place that names it: if the member `key` of `table` is a string,
/// such as machine = "../machines/x.toml", it becomes the table that the file holds. The path is
/// relative to the folder of the file that names it, or to the working directory if the command
/// line does. A plain name that is no file there is one of what ships: machine = "two-node-1t". A
/// table and a missing member stay as they are. Diagnostics name both places.
Result<void> merge_reference(Value& table, const std::string& key);

/// The file that the value of a key names, as seen from the working directory.
std::string referenced_file(const std::string& reference, const std::string& key,
                            const Location& named_at);

/// Errors of such a file, with the place that names it.
tl::unexpected<Diagnostics> named_by(Diagnostics errors, const std::string& key,
                                     const Location& named_at);

}  // namespace mhp::config
