#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "sim/record/run_file.hpp"

namespace mhp::record {

/// Bytes handed to the system at a time.
inline constexpr std::size_t kPieceBytes = 256 * 1024;

/// What the system says of that errno.
std::string reason(int error);

/// Whether a result file may come to that path: nothing is there, or with `force` a regular file.
[[nodiscard]] tl::expected<void, WriteFailure> may_publish(const std::string& path, bool force);

/// Carries one result file to its name by way of a .partial in the same folder, whose name nobody
/// can guess: two that write to one path do not meet before the end, and a link that somebody laid
/// is not followed. The first failure sticks: no step after it is taken, and the .partial is
/// removed when the publication goes.
class Publication {
 public:
  Publication(std::string path, FileSink& sink);
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  const std::string& partial() const { return partial_; }

  /// Makes the .partial of these bytes and syncs it.
  void write(std::span<const std::byte> bytes);
  /// Leaves making the .partial to somebody else, who begins it now; what is made of it is removed
  /// if they fail.
  void adopt();
  /// Adds bytes to the end of the .partial and syncs it.
  void append(std::span<const std::byte> bytes);
  void verify(const std::function<Result<void>(const std::string& partial)>& check);
  /// Notes a failure of whoever makes the .partial: of what was to be written, or of the system
  /// with its errno, 0 if it told none.
  void fail_with(WriteError kind, Diagnostics problems);
  void fail_at(int error, const std::string& problem);
  void publish(bool replace);

  tl::expected<void, WriteFailure> outcome() &&;

 private:
  bool ok() const { return problems_.empty(); }
  void step(int error, const std::string& what);
  void put(std::span<const std::byte> bytes);

  std::string path_, partial_;
  FileSink& sink_;
  int fd_ = -1;
  bool created_ = false;
  bool renamed_ = false;
  WriteError kind_ = WriteError::kEnvironment;
  Diagnostics problems_;
};

}  // namespace mhp::record
