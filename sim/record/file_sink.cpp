#include "sim/record/file_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace mhp::record {
namespace {

int errno_unless(bool done) { return done ? 0 : errno; }

}  // namespace

int SystemFileSink::create(const std::string& path, int& fd) {
  fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  return errno_unless(fd >= 0);
}

int SystemFileSink::append(const std::string& path, int& fd) {
  fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  return errno_unless(fd >= 0);
}

std::int64_t SystemFileSink::write(int fd, std::span<const std::byte> bytes) {
  ssize_t taken = 0;
  do {
    taken = ::write(fd, bytes.data(), bytes.size());
  } while (taken < 0 && errno == EINTR);
  return taken < 0 ? -errno : taken;
}

int SystemFileSink::sync(int fd) {
  const int error = errno_unless(::fsync(fd) == 0);
  // What is on disk now can leave the page cache, so that reading back asks the device.
  if (error == 0) ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  return error;
}

int SystemFileSink::close(int fd) { return errno_unless(::close(fd) == 0); }

int SystemFileSink::rename(const std::string& from, const std::string& to, bool replace) {
  if (!replace) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    // Some network file systems cannot refuse by themselves; there the look before must do.
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (::access(to.c_str(), F_OK) == 0) return EEXIST;
  }
  return errno_unless(::rename(from.c_str(), to.c_str()) == 0);
}

int SystemFileSink::sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = errno_unless(::fsync(fd) == 0);
  ::close(fd);
  // EINVAL: this file system has no such thing as syncing a directory.
  return error == EINVAL ? 0 : error;
}

int SystemFileSink::remove(const std::string& path) {
  return errno_unless(::unlink(path.c_str()) == 0);
}

int open_own(const std::string& path, int flags, int& fd) {
  // O_NONBLOCK: a FIFO of that name would be waited for.
  fd = ::open(path.c_str(), flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  struct stat status = {};
  int error = errno_unless(::fstat(fd, &status) == 0);
  if (error == 0 && !S_ISREG(status.st_mode)) error = EINVAL;
  if (error == 0 && status.st_nlink > 1) error = EMLINK;
  if (error != 0) ::close(std::exchange(fd, -1));
  return error;
}

}  // namespace mhp::record
