#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"

namespace mhp::record {

/// What reading a file may take. A whole file takes a small part of it.
struct ReadLimits {
  std::size_t content = 0;  ///< bytes of what is in it; as much again for the library
  std::chrono::seconds processor{0};
};

/// 256 MiB and 40 times the file, 5 s and one more for each MiB of it.
ReadLimits read_limits(std::size_t file_bytes);

/// The content of the bytes of an HDF5 file, as decode() has it, read by a process of its own. The
/// library trusts the lengths and places that it finds in a file, and a seal is soon made anew: who
/// wants to can make a file that crashes the library, keeps it busy for ever or has it take all
/// memory. That befalls the other process only, and comes back as a diagnostic that names `file`.
/// Threads may call it at the same time.
Result<FileContent> guarded_decode(std::span<const std::byte> image, const std::string& file);

/// The result of `read` in a process of its own, within limits. What `read` changes is lost but
/// for its result.
Result<FileContent> read_apart(const std::function<Result<FileContent>()>& read,
                               const ReadLimits& limits, const std::string& file);

}  // namespace mhp::record
