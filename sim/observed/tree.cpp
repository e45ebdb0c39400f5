#include "sim/observed/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace mhp::observed {

namespace {

/// Closes a descriptor where its block ends.
struct Open {
  int fd = -1;
  explicit Open(int descriptor) : fd(descriptor) {}
  ~Open() {
    if (fd >= 0) close(fd);
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
};

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    if (slash > at) parts.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

}  // namespace

Tree::Tree(const std::string& root)
    : root_(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (root_ < 0) error_ = errno;
}

Tree::~Tree() {
  if (root_ >= 0) close(root_);
}

int Tree::open_below(const std::string& path, int flags) const {
  int at = fcntl(root_, F_DUPFD_CLOEXEC, 0);
  const auto parts = parts_of(path);
  for (std::size_t i = 0; i < parts.size() && at >= 0; ++i) {
    const Open folder(at);
    if (parts[i] == "..") return errno = EINVAL, -1;
    const int how = i + 1 == parts.size() ? flags : O_DIRECTORY;
    at = openat(folder.fd, parts[i].c_str(), how | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  }
  return at;
}

Tree::Text Tree::read(const std::string& path, std::size_t most) const {
  Text out;
  const Open file(open_below(path, 0));
  if (file.fd < 0) return {{}, errno};
  struct stat status {};
  if (fstat(file.fd, &status) != 0) return {{}, errno};
  if (!S_ISREG(status.st_mode)) return {{}, EINVAL};
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {{}, errno};
    if (got == 0) return out;
    out.text.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.text.size() > most) return {{}, EFBIG};
  }
}

std::optional<std::string> Tree::line(const std::string& path) const {
  constexpr std::size_t kMost = 65536;
  const Text text = read(path, kMost);
  if (!text.ok()) return std::nullopt;
  std::string line = text.text.substr(0, text.text.find('\n'));
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
    line.pop_back();
  return line;
}

std::vector<std::string> Tree::names(const std::string& path) const {
  std::vector<std::string> names;
  const int fd = open_below(path, O_DIRECTORY);
  if (fd < 0) return names;
  DIR* folder = fdopendir(fd);
  if (folder == nullptr) return close(fd), names;
  while (const dirent* entry = readdir(folder))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace mhp::observed
