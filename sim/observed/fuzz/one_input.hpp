#pragma once

#include <string>

namespace mhp::observed {

/// Reads a text with all that people's texts go through: readers, reports and why they failed, the
/// joined file, which must read back. Ends the program if something does not hold that must.
void read_one_input(const std::string& text);

}  // namespace mhp::observed
