#pragma once

#include <string>
#include <tl/expected.hpp>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"
#include "sim/record/file_sink.hpp"

namespace mhp::record {

/// Why a result file was not written.
enum class WriteError {
  kTargetExists,    ///< there is something at the path, and replacing it was not asked for
  kInvalidContent,  ///< validate() or HDF5 refuses the content: a bug of whoever composed it
  kEnvironment,     ///< the disk is full, the directory is gone, what was read back differs, ...
};

struct WriteFailure {
  WriteError kind;
  Diagnostics diagnostics;
};

/// Writes a result file under its final name only once it is whole: `path`.partial is written,
/// synced, read back and compared value by value, then renamed and the directory synced. After a
/// failure neither that .partial nor a new file at `path` is there; a file that was to be replaced
/// is still the old one, unless syncing the directory was what failed.
/// With `force` a regular file at `path` is replaced. One writer a path: two at once are for the
/// caller to exclude. The bytes depend on `content` alone.
/// The caller ignores SIGXFSZ if a file size limit is to be an error instead of a kill.
[[nodiscard]] tl::expected<void, WriteFailure> write_file(const FileContent& content,
                                                          const std::string& path, bool force);

/// The same through another file system.
[[nodiscard]] tl::expected<void, WriteFailure> write_file(const FileContent& content,
                                                          const std::string& path, bool force,
                                                          FileSink& sink);

/// Reads a result file back, in a process of its own (guarded_read.hpp). A truncated file, one that
/// any other hand has changed by as little as a bit, or one that was made to mislead, is answered
/// with a diagnostic.
[[nodiscard]] Result<FileContent> read_file(const std::string& path);

}  // namespace mhp::record
