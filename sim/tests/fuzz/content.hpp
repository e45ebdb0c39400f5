#pragma once

#include <string>
#include <vector>

#include "sim/record/dataset.hpp"

namespace mhp::fuzz {

/// The contents of result files as the program writes them: of a run with its recording, and of a
/// recorded trace.
const std::vector<record::FileContent>& whole_contents();

/// One of them, changed as the bytes say: what is said of an array and what is in it, arrays and
/// groups that are missing, twice there or of another type. So every file that the library could
/// hand over is one of some bytes; those that it could not, for they are not valid, are too.
record::FileContent changed_content(const std::string& bytes);

/// Bytes that change nothing of one of the contents, and some that change a little.
std::vector<std::string> content_seeds();

}  // namespace mhp::fuzz
