#include "sim/record/guarded_read.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/core/sanitized.hpp"
#include "sim/record/h5.hpp"
#include "sim/record/image.hpp"
#include "sim/record/plain_content.hpp"

namespace mhp::record {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 16;
constexpr const char* kRemedy = "copy it again from where it is whole, or make it again";

// A sanitizer maps terabytes for its shadow, slows everything down, and has its report on standard
// error (kSanitized).
constexpr int kSlowness = kSanitized ? 10 : 1;

struct Pipe {
  int read = -1;
  int write = -1;

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) std::tie(read, write) = std::pair(ends[0], ends[1]);
  }
  ~Pipe() {
    close(read);
    close(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

/// The address space that this process has, in bytes.
rlim_t address_space() {
  unsigned long long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%llu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<rlim_t>(pages) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

void limit(__rlimit_resource_t what, rlim_t most) {
  rlimit now = {};
  if (::getrlimit(what, &now) != 0) return;
  now.rlim_cur = std::min(now.rlim_max, most);
  ::setrlimit(what, &now);
}

/// The other process: reads, sends what it read, and ends.
class Child {
 public:
  Child(int fd, const ReadLimits& limits, const std::string& file)
      : fd_(fd), limits_(limits), file_(file) {}

  [[noreturn]] void run(const std::function<Result<FileContent>()>& read) {
    confine();
    const bool sent = put_plain(result_of(read), [this](auto bytes) { return put(bytes); });
    ::_exit(sent && flush() ? 0 : 1);
  }

 private:
  void confine() const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_DUMPABLE, 0);  // a crash is expected: nobody wants its core
    // Whoever ends the program from the terminal has not damaged the file.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU, SIGPIPE})
      std::signal(signal, SIG_DFL);
    limit(RLIMIT_CPU, static_cast<rlim_t>(limits_.processor.count() * kSlowness));
    if (kSanitized) return;
    limit(RLIMIT_AS, address_space() + 2 * limits_.content);
    // What the C library says of a heap that was overwritten is no message of the program.
    if (const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC); null >= 0)
      ::dup2(null, STDERR_FILENO);
  }

  Result<FileContent> result_of(const std::function<Result<FileContent>()>& read) const {
    try {
      return read();
    } catch (const std::bad_alloc&) {
      return fail({file_, 0, 0},
                  fmt::format("is damaged: reading it takes more than {} MiB of memory",
                              2 * limits_.content / kMebibyte),
                  kRemedy);
    } catch (const std::exception& e) {
      return fail({file_, 0, 0}, fmt::format("is damaged: reading it failed: {}", e.what()),
                  kRemedy);
    }
  }

  bool put(std::span<const std::byte> bytes) {
    if (bytes.size() >= kPiece) return flush() && write(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() < kPiece || flush();
  }
  bool flush() {
    const bool written = write(buffer_);
    buffer_.clear();
    return written;
  }
  bool write(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno != EINTR) return false;
      if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }

  int fd_;
  const ReadLimits& limits_;
  const std::string& file_;
  std::vector<std::byte> buffer_;
};

/// What comes from the other process, until a time by which it has ended if it ever does.
class Incoming {
 public:
  // The processor may have other work: its limit is what counts, this is for one that only waits.
  Incoming(int fd, seconds processor)
      : fd_(fd),
        until_(std::chrono::steady_clock::now() + seconds(60) + 10 * kSlowness * processor) {}

  bool late() const { return late_; }
  bool get(std::span<std::byte> into) {
    while (!into.empty()) {
      if (at_ == end_ && !refill()) return false;
      const std::size_t n = std::min(into.size(), end_ - at_);
      std::memcpy(into.data(), buffer_.data() + at_, n);
      at_ += n;
      into = into.subspan(n);
    }
    return true;
  }

 private:
  bool refill() {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          until_ - std::chrono::steady_clock::now());
      late_ = left.count() <= 0;
      if (late_) return false;
      pollfd wait{fd_, POLLIN, 0};
      const int ready =
          ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
      if (ready < 0 && errno != EINTR) return false;
      if (ready <= 0) continue;
      const ssize_t n = ::read(fd_, buffer_.data(), buffer_.size());
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n <= 0) return false;
      at_ = 0;
      end_ = static_cast<std::size_t>(n);
      return true;
    }
  }

  int fd_;
  std::chrono::steady_clock::time_point until_;
  std::array<std::byte, kPiece> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool late_ = false;
};

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// Why there is no result, by the way in which the other process ended.
std::string end_of(int status, bool late, const ReadLimits& limits) {
  if (late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
    return fmt::format("reading it does not end within {} s", limits.processor.count());
  if (WIFSIGNALED(status)) {
    const char* name = ::sigdescr_np(WTERMSIG(status));
    return fmt::format("the process that reads it dies of signal {} ({})", WTERMSIG(status),
                       name != nullptr ? name : "unknown");
  }
  return "the process that reads it fails";
}

}  // namespace

ReadLimits read_limits(std::size_t file_bytes) {
  return {256 * kMebibyte + 40 * file_bytes,
          seconds(5) + seconds(static_cast<std::int64_t>(file_bytes / kMebibyte))};
}

Result<FileContent> read_apart(const std::function<Result<FileContent>()>& read,
                               const ReadLimits& limits, const std::string& file) {
  const auto failed = [&](int error) {
    return fail({file, 0, 0}, fmt::format("cannot be read: no process to read it: {}",
                                          std::generic_category().message(error)));
  };
  Pipe pipe;
  if (pipe.read < 0) return failed(errno);
  pid_t child = 0;
  {
    // No other thread is within the library while its state is copied.
    auto alone = h5::keep_others_out();
    child = ::fork();
    if (child < 0) return failed(errno);
    if (child == 0) {
      alone.unlock();
      Pipe::close(pipe.read);
      Child(pipe.write, limits, file).run(read);
    }
  }
  // A process that another thread starts meanwhile has this end too, until it ends, which it does.
  Pipe::close(pipe.write);
  Incoming incoming(pipe.read, limits.processor);
  Result<FileContent> result;
  const bool whole = get_plain([&](std::span<std::byte> into) { return incoming.get(into); },
                               2 * limits.content, result);
  if (!whole && incoming.late()) ::kill(child, SIGKILL);
  Pipe::close(pipe.read);
  const int status = wait_for(child);
  if (whole && WIFEXITED(status) && WEXITSTATUS(status) == 0) return result;
  return fail({file, 0, 0}, fmt::format("is damaged: {}", end_of(status, incoming.late(), limits)),
              kRemedy);
}

Result<FileContent> guarded_decode(std::span<const std::byte> image, const std::string& file) {
  return read_apart([&] { return decode(image, file); }, read_limits(image.size()), file);
}

}  // namespace mhp::record
