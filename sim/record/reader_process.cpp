#include "sim/record/reader_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/core/sanitized.hpp"
#include "sim/record/image.hpp"
#include "sim/record/plain_content.hpp"

namespace mhp::record {
namespace {

// What the program is called when it is started again to read; nobody types it.
constexpr const char* kReaderName = "mhpsim: reads a file for mhpsim";
// A sanitizer maps terabytes for its shadow, slows everything down, and has its report on standard
// error (kSanitized).
constexpr int kReaderSlowness = kSanitized ? 10 : 1;

constexpr std::size_t kMebibyteRead = std::size_t{1} << 20;
constexpr std::size_t kPieceSent = std::size_t{1} << 16;
constexpr const char* kDamageRemedy = "copy it again from where it is whole, or make it again";

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

  [[noreturn]] void run(const ReadContent& read) {
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
    limit(RLIMIT_CPU, static_cast<rlim_t>(limits_.processor.count() * kReaderSlowness));
    if (kSanitized) return;
    limit(RLIMIT_AS, address_space() + 2 * limits_.content);
    // What the C library says of a heap that was overwritten is no message of the program.
    if (const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC); null >= 0)
      ::dup2(null, STDERR_FILENO);
  }

  Result<FileContent> result_of(const ReadContent& read) const {
    try {
      return read();
    } catch (const std::bad_alloc&) {
      return fail({file_, 0, 0},
                  fmt::format("is damaged: reading it takes more than {} MiB of memory",
                              2 * limits_.content / kMebibyteRead),
                  kDamageRemedy);
    } catch (const std::exception& e) {
      return fail({file_, 0, 0}, fmt::format("is damaged: reading it failed: {}", e.what()),
                  kDamageRemedy);
    }
  }

  bool put(std::span<const std::byte> bytes) {
    if (bytes.size() >= kPieceSent) return flush() && write(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() < kPieceSent || flush();
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

std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

/// Whether the code here is part of the executable, not of a library that it has loaded: only then
/// does the executable run read_if_asked() when it is started.
bool of_the_executable() {
  const auto holds = [](dl_phdr_info* info, std::size_t, void* found) {
    const auto here = reinterpret_cast<std::uintptr_t>(&start_reader);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& part = info->dlpi_phdr[i];
      const auto begin = static_cast<std::uintptr_t>(info->dlpi_addr + part.p_vaddr);
      if (part.p_type == PT_LOAD && here >= begin && here - begin < part.p_memsz)
        *static_cast<bool*>(found) = true;
    }
    return 1;  // the executable comes first
  };
  bool found = false;
  ::dl_iterate_phdr(holds, &found);
  return found;
}

/// Before main(), of whatever program this is: in one that start_reader() has started nothing else
/// is to happen. Relies on no object that is made before main().
[[gnu::constructor]] void read_if_asked(int argc, char** argv, char** /*environment*/) {
  if (argc != 6 || std::string_view(argv[0]) != kReaderName) return;
  const auto image = number_in(argv[1]), fd = number_in(argv[2]), content = number_in(argv[3]),
             processor = number_in(argv[4]);
  if (!image || !fd || !content || !processor) ::_exit(1);
  const std::string file = argv[5];
  struct stat status = {};
  if (::fstat(static_cast<int>(*image), &status) != 0) ::_exit(1);
  const auto size = static_cast<std::size_t>(status.st_size);
  const void* bytes =
      size == 0 ? nullptr
                : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, static_cast<int>(*image), 0);
  if (bytes == MAP_FAILED) ::_exit(1);
  const ReadLimits limits{*content, std::chrono::seconds(*processor)};
  read_for_another(static_cast<int>(*fd), limits, file, [&] {
    return decode({static_cast<const std::byte*>(bytes), size}, file);
  });
}

}  // namespace

void read_for_another(int fd, const ReadLimits& limits, const std::string& file,
                      const ReadContent& read) {
  Child(fd, limits, file).run(read);
}

pid_t start_reader(int image, int fd, const ReadLimits& limits, const std::string& file) {
  if (!of_the_executable()) return 0;
  std::array<std::string, 6> words{kReaderName,
                                   std::to_string(image),
                                   std::to_string(fd),
                                   std::to_string(limits.content),
                                   std::to_string(limits.processor.count()),
                                   file};
  std::array<char*, words.size() + 1> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [](std::string& w) { return w.data(); });
  posix_spawn_file_actions_t kept;
  if (::posix_spawn_file_actions_init(&kept) != 0) return 0;
  pid_t child = 0;
  // A descriptor that is made from itself stays open in the new program.
  const bool started =
      ::posix_spawn_file_actions_adddup2(&kept, image, image) == 0 &&
      ::posix_spawn_file_actions_adddup2(&kept, fd, fd) == 0 &&
      ::posix_spawn(&child, "/proc/self/exe", &kept, nullptr, arguments.data(), environ) == 0;
  ::posix_spawn_file_actions_destroy(&kept);
  return started ? child : 0;
}

}  // namespace mhp::record
