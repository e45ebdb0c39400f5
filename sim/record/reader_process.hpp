#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"
#include "sim/record/guarded_read.hpp"

namespace mhp::record {

using ReadContent = std::function<Result<FileContent>()>;

/// What a process that reads for another does: keeps to the limits, sends what `read` gives, as
/// plain bytes, to `fd`, and ends.
[[noreturn]] void read_for_another(int fd, const ReadLimits& limits, const std::string& file,
                                   const ReadContent& read);

/// Starts such a process for the HDF5 image in the file `image`: this program once more, which goes
/// no further than that. A copy of a process with threads would have the locks of the others, held
/// for ever, as those of an allocator. Its id; 0 if this program cannot be started again, for which
/// this code must be part of the executable and /proc be there.
pid_t start_reader(int image, int fd, const ReadLimits& limits, const std::string& file);

}  // namespace mhp::record
