#include "sim/record/run_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "sim/record/image.hpp"
#include "sim/record/seal.hpp"

namespace mhp::record {
namespace {

/// Bytes handed to the sink at a time.
constexpr std::size_t kPieceBytes = 256 * 1024;

std::string reason(int error) { return std::generic_category().message(error); }

std::string remedy(int error) {
  if (error == ENOSPC || error == EDQUOT) return "free space there, or choose another place";
  if (error == EFBIG) return "raise the file size limit (ulimit -f), or choose another place";
  if (error == EACCES || error == EROFS || error == EPERM) return "choose a place you may write to";
  if (error == ENOENT || error == ENOTDIR) return "make the directory first";
  return {};
}

/// A descriptor that is closed at the end, for reading.
class ReadOnlyFile {
 public:
  explicit ReadOnlyFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~ReadOnlyFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<std::vector<std::byte>> read_bytes(const std::string& path) {
  const auto failed = [&](int error) {
    return fail({path, 0, 0}, fmt::format("cannot be read: {}", reason(error)));
  };
  const ReadOnlyFile file(path);
  struct stat status = {};
  if (file.fd() < 0 || ::fstat(file.fd(), &status) != 0) return failed(errno);
  if (!S_ISREG(status.st_mode)) return fail({path, 0, 0}, "is not a regular file");
  // The end first: a huge file that is none of ours must not be read as a whole to find that out.
  std::array<std::byte, kSealBytes> end = {};
  const off_t end_at = std::max<off_t>(0, status.st_size - static_cast<off_t>(end.size()));
  if (::pread(file.fd(), end.data(), end.size(), end_at) < 0) return failed(errno);
  if (!ends_in_seal(end)) return not_sealed(path);
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.fd(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

/// Carries one result file from memory to its name. The first failure sticks: no step after it is
/// taken, and the .partial is removed when the writer goes.
class Writer {
 public:
  Writer(std::string path, FileSink& sink)
      : path_(std::move(path)), partial_(path_ + ".partial"), sink_(sink) {}

  ~Writer() {
    if (fd_ >= 0) sink_.close(fd_);
    if (created_ && !renamed_) sink_.remove(partial_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void write(std::span<const std::byte> bytes) {
    step(sink_.create(partial_, fd_), "be created");
    if (!ok()) {
      fd_ = -1;
      return;
    }
    created_ = true;
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

  void verify_against(const FileContent& content) {
    if (!ok()) return;
    const Result<std::vector<std::byte>> bytes = read_bytes(partial_);
    if (!bytes) return keep(bytes.error());
    const Result<std::span<const std::byte>> image = unseal(*bytes, partial_);
    if (!image) return keep(image.error());
    const Result<void> same = verify(*image, content, partial_);
    if (!same) keep(same.error());
  }

  void publish(bool replace) {
    if (!ok()) return;
    const int error = sink_.rename(partial_, path_, replace);
    if (error == EEXIST) kind_ = WriteError::kTargetExists;
    step(error, fmt::format("be renamed to {}", path_));
    if (!ok()) return;
    renamed_ = true;
    const std::string directory = std::filesystem::path(path_).parent_path().string();
    step(sink_.sync_directory(directory.empty() ? "." : directory),
         "be made durable by its directory");
    // A name that a power loss may take back is not a finished file.
    if (!ok()) sink_.remove(path_);
  }

  tl::expected<void, WriteFailure> outcome() && {
    if (ok()) return {};
    return tl::unexpected<WriteFailure>(WriteFailure{kind_, std::move(problems_)});
  }

 private:
  bool ok() const { return problems_.empty(); }

  void keep(Diagnostics problems) {
    if (ok()) problems_ = std::move(problems);
  }

  void step(int error, const std::string& what) {
    if (error == 0) return;
    keep(fail({renamed_ ? path_ : partial_, 0, 0},
              fmt::format("cannot {}: {}", what, reason(error)), remedy(error))
             .value());
  }

  std::string path_;
  std::string partial_;
  FileSink& sink_;
  int fd_ = -1;
  bool created_ = false;
  bool renamed_ = false;
  WriteError kind_ = WriteError::kEnvironment;
  Diagnostics problems_;
};

tl::unexpected<WriteFailure> refuse(const std::string& path, std::string problem,
                                    std::string what_to_do) {
  return tl::unexpected<WriteFailure>(WriteFailure{
      WriteError::kTargetExists, {{{path, 0, 0}, std::move(problem), std::move(what_to_do)}}});
}

}  // namespace

tl::expected<void, WriteFailure> write_file(const FileContent& content, const std::string& path,
                                            bool force) {
  SystemFileSink files;
  return write_file(content, path, force, files);
}

tl::expected<void, WriteFailure> write_file(const FileContent& content, const std::string& path,
                                            bool force, FileSink& sink) {
  std::error_code unreachable;
  const std::filesystem::file_status target = std::filesystem::status(path, unreachable);
  if (std::filesystem::exists(target)) {
    if (!force)
      return refuse(path, "exists already", "choose another name, or force its replacement");
    if (!std::filesystem::is_regular_file(target)) {
      return refuse(path, "exists and is not a regular file", "choose another name");
    }
  }
  Result<std::vector<std::byte>> bytes = encode(content, path);
  if (!bytes) {
    return tl::unexpected<WriteFailure>(
        WriteFailure{WriteError::kInvalidContent, std::move(bytes.error())});
  }
  seal(*bytes);
  Writer writer(path, sink);
  writer.write(*bytes);
  writer.verify_against(content);
  writer.publish(force);
  return std::move(writer).outcome();
}

Result<FileContent> read_file(const std::string& path) {
  const Result<std::vector<std::byte>> bytes = read_bytes(path);
  if (!bytes) return tl::unexpected<Diagnostics>(bytes.error());
  const Result<std::span<const std::byte>> image = unseal(*bytes, path);
  if (!image) return tl::unexpected<Diagnostics>(image.error());
  return decode(*image, path);
}

}  // namespace mhp::record
