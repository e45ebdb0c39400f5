#include "sim/record/publication.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

namespace mhp::record {
namespace {

std::string remedy(int error) {
  if (error == ENOSPC || error == EDQUOT) return "free space there, or choose another place";
  if (error == EFBIG) return "raise the file size limit (ulimit -f), or choose another place";
  if (error == EACCES || error == EROFS || error == EPERM) return "choose a place you may write to";
  if (error == ENOENT || error == ENOTDIR) return "make the directory first";
  return {};
}

/// A name beside the target's that no other process has, by 64 random bits; the place of an
/// unfinished file is never part of a result.
std::string partial_name(const std::string& path) {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
    // An ancient kernel, or one that has not collected enough yet: then O_EXCL alone must do.
    bits = static_cast<std::uint64_t>(::getpid());
  }
  return fmt::format("{}.{:016x}.partial", path, bits);
}

tl::unexpected<WriteFailure> refuse(const std::string& path, std::string problem,
                                    std::string what_to_do) {
  return tl::unexpected<WriteFailure>(WriteFailure{
      WriteError::kTargetExists, {{{path, 0, 0}, std::move(problem), std::move(what_to_do)}}});
}

}  // namespace

std::string reason(int error) { return std::generic_category().message(error); }

tl::expected<void, WriteFailure> may_publish(const std::string& path, bool force) {
  std::error_code unreachable;
  const std::filesystem::file_status target = std::filesystem::status(path, unreachable);
  if (!std::filesystem::exists(target)) return {};
  if (!force)
    return refuse(path, "exists already", "choose another name, or force its replacement");
  if (!std::filesystem::is_regular_file(target))
    return refuse(path, "exists and is not a regular file", "choose another name");
  return {};
}

Publication::Publication(std::string path, FileSink& sink)
    : path_(std::move(path)), partial_(partial_name(path_)), sink_(sink) {}

Publication::~Publication() {
  if (fd_ >= 0) sink_.close(fd_);
  if (created_ && !renamed_) sink_.remove(partial_);
}

void Publication::write(std::span<const std::byte> bytes) {
  step(sink_.create(partial_, fd_), "be created");
  if (!ok()) {
    fd_ = -1;
    return;
  }
  created_ = true;
  put(bytes);
}

void Publication::adopt() { created_ = true; }

void Publication::append(std::span<const std::byte> bytes) {
  if (!ok()) return;
  step(sink_.append(partial_, fd_), "be opened");
  if (ok())
    put(bytes);
  else
    fd_ = -1;
}

void Publication::put(std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (ok() && done < bytes.size()) {
    const auto piece = bytes.subspan(done, std::min(kPieceBytes, bytes.size() - done));
    const std::int64_t taken = sink_.write(fd_, piece);
    if (taken > 0) {
      done += static_cast<std::size_t>(taken);
    } else {
      // A regular file that takes nothing and gives no reason would be asked for ever.
      const int error = taken < 0 ? static_cast<int>(-taken) : EIO;
      step(error, fmt::format("be written: {} of {} bytes done", done, bytes.size()));
    }
  }
  if (ok()) step(sink_.sync(fd_), fmt::format("be synced after {} bytes", bytes.size()));
  const int closing = sink_.close(std::exchange(fd_, -1));
  if (ok()) step(closing, fmt::format("be closed after {} bytes", bytes.size()));
}

void Publication::verify(const std::function<Result<void>(const std::string&)>& check) {
  if (!ok()) return;
  if (const Result<void> same = check(partial_); !same) fail_with(kind_, same.error());
}

void Publication::fail_with(WriteError kind, Diagnostics problems) {
  if (!ok()) return;
  kind_ = kind;
  problems_ = std::move(problems);
  for (Diagnostic& d : problems_)
    if (d.where.file == partial_) d.where.file = path_;  // the name that somebody asked for
}

void Publication::publish(bool replace) {
  if (!ok()) return;
  const int error = sink_.rename(partial_, path_, replace);
  if (error == EEXIST) kind_ = WriteError::kTargetExists;
  step(error, "be given its name");
  if (!ok()) return;
  renamed_ = true;
  const std::string directory = std::filesystem::path(path_).parent_path().string();
  step(sink_.sync_directory(directory.empty() ? "." : directory),
       "be made durable by its directory");
  // A name that a power loss may take back is not a finished file.
  if (!ok()) sink_.remove(path_);
}

tl::expected<void, WriteFailure> Publication::outcome() && {
  if (ok()) return {};
  return tl::unexpected<WriteFailure>(WriteFailure{kind_, std::move(problems_)});
}

void Publication::fail_at(int error, const std::string& problem) {
  fail_with(kind_, {{{path_, 0, 0}, problem, remedy(error)}});
}

void Publication::step(int error, const std::string& what) {
  if (error != 0) fail_at(error, fmt::format("cannot {}: {}", what, reason(error)));
}

}  // namespace mhp::record
