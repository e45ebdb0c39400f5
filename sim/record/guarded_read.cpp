#include "sim/record/guarded_read.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <tuple>
#include <utility>

#include "sim/core/sanitized.hpp"
#include "sim/record/h5.hpp"
#include "sim/record/image.hpp"
#include "sim/record/plain_content.hpp"
#include "sim/record/reader_process.hpp"

namespace mhp::record {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 16;
constexpr const char* kRemedy = "copy it again from where it is whole, or make it again";

// A sanitizer slows everything down.
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

tl::unexpected<Diagnostics> no_process(const std::string& file, int error) {
  return fail({file, 0, 0}, fmt::format("cannot be read: no process to read it: {}",
                                        std::generic_category().message(error)));
}

/// What the process sends, and how it ends.
Result<FileContent> result_of(pid_t child, Pipe& pipe, const ReadLimits& limits,
                              const std::string& file) {
  // A process that another thread starts meanwhile may have this end too, until it ends, which it
  // does.
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

/// A file in memory that holds the bytes; -1 if there can be none.
int in_memory(std::span<const std::byte> bytes) {
  int fd = ::memfd_create("mhpsim", MFD_CLOEXEC);
  while (fd >= 0 && !bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) Pipe::close(fd);
    if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return fd;
}

}  // namespace

ReadLimits read_limits(std::size_t file_bytes) {
  return {256 * kMebibyte + 40 * file_bytes,
          seconds(5) + seconds(static_cast<std::int64_t>(file_bytes / kMebibyte))};
}

Result<FileContent> read_apart(const std::function<Result<FileContent>()>& read,
                               const ReadLimits& limits, const std::string& file) {
  Pipe pipe;
  if (pipe.read < 0) return no_process(file, errno);
  pid_t child = 0;
  {
    // No other thread is within the library while its state is copied.
    auto alone = h5::keep_others_out();
    child = ::fork();
    if (child < 0) return no_process(file, errno);
    if (child == 0) {
      alone.unlock();
      Pipe::close(pipe.read);
      read_for_another(pipe.write, limits, file, read);
    }
  }
  return result_of(child, pipe, limits, file);
}

// Without threads a copy of this process is made sooner than it is started again.
Result<FileContent> guarded_decode(std::span<const std::byte> image, const std::string& file) {
  const ReadLimits limits = read_limits(image.size());
  if (__libc_single_threaded == 0) {
    Pipe pipe;
    int held = in_memory(image);
    const pid_t child =
        pipe.read < 0 || held < 0 ? 0 : start_reader(held, pipe.write, limits, file);
    Pipe::close(held);
    if (child > 0) return result_of(child, pipe, limits, file);
  }
  return read_apart([&] { return decode(image, file); }, limits, file);
}

}  // namespace mhp::record
