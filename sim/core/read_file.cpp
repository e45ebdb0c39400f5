#include "sim/core/read_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mhp {
namespace {

/// Read at a time where the size is not known, as in /proc.
constexpr std::size_t kPiece = 64 * 1024;

}  // namespace

Result<std::string> read_file_text(const std::string& path, std::size_t most) {
  const auto failed = [&](int error) {
    return fail({path, 0, 0},
                fmt::format("cannot be read: {}", std::generic_category().message(error)));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return failed(errno);
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } const closer{fd};
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return failed(errno);
  if (!S_ISREG(status.st_mode)) return fail({path, 0, 0}, "is not a regular file");
  std::string text;
  const std::size_t limit = most + 1;
  while (text.size() < limit) {
    const std::size_t before = text.size();
    const auto known = static_cast<std::size_t>(std::max<off_t>(0, status.st_size));
    const std::size_t wanted = known > before ? known - before : kPiece;
    text.resize(std::min(limit, before + wanted));
    const ssize_t got = ::read(fd, text.data() + before, text.size() - before);
    const int error = errno;
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    if (got < 0 && error != EINTR) return failed(error);
    if (got == 0) break;
  }
  return text;
}

}  // namespace mhp
