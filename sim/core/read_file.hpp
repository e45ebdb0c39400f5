#pragma once

#include <cstddef>
#include <string>

#include "sim/core/diagnostic.hpp"

namespace mhp {

/// The bytes of a regular file, at most `most` of them and one more, by which who asked sees that
/// it is larger. Never waits: a FIFO, a device or a folder is refused. The error names file and
/// reason.
Result<std::string> read_file_text(const std::string& path, std::size_t most);

}  // namespace mhp
