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

#include "sim/record/guarded_read.hpp"
#include "sim/record/image.hpp"
#include "sim/record/publication.hpp"
#include "sim/record/seal.hpp"

namespace mhp::record {
namespace {

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

Result<void> verify_file(const std::string& path, const FileContent& content) {
  const Result<std::vector<std::byte>> bytes = read_bytes(path);
  if (!bytes) return tl::unexpected<Diagnostics>(bytes.error());
  const Result<std::span<const std::byte>> image = unseal(*bytes, path);
  if (!image) return tl::unexpected<Diagnostics>(image.error());
  return verify(*image, content, path);
}

}  // namespace

tl::expected<void, WriteFailure> write_file(const FileContent& content, const std::string& path,
                                            bool force) {
  SystemFileSink files;
  return write_file(content, path, force, files);
}

tl::expected<void, WriteFailure> write_file(const FileContent& content, const std::string& path,
                                            bool force, FileSink& sink) {
  if (auto free = may_publish(path, force); !free) return free;
  Result<std::vector<std::byte>> bytes = encode(content, path);
  if (!bytes) {
    return tl::unexpected<WriteFailure>(
        WriteFailure{WriteError::kInvalidContent, std::move(bytes.error())});
  }
  seal(*bytes);
  Publication publication(path, sink);
  publication.write(*bytes);
  publication.verify([&](const std::string& partial) { return verify_file(partial, content); });
  publication.publish(force);
  return std::move(publication).outcome();
}

Result<FileContent> read_file(const std::string& path) {
  const Result<std::vector<std::byte>> bytes = read_bytes(path);
  if (!bytes) return tl::unexpected<Diagnostics>(bytes.error());
  const Result<std::span<const std::byte>> image = unseal(*bytes, path);
  if (!image) return tl::unexpected<Diagnostics>(image.error());
  return guarded_decode(*image, path);
}

}  // namespace mhp::record
