// A library that is loaded before a program (LD_PRELOAD) and counts the system calls by which it
// changes files; one of them fails, or is the program's last. For tests alone: faults_test.py.
//
//   MHP_FAULT_LOG=FILE   the names of the calls, one a line, are appended to it
//   MHP_FAULT_AT=N       the call that is to fail, from 1
//   MHP_FAULT_ERROR=E    with that errno; "short": a write takes half; "kill": the process is
//   killed
//                        before it; "torn": a write takes half, then the process is killed
//   MHP_FAULT_LASTS=1    all calls after it fail likewise
//
// Counted are calls on regular files, other than files in memory, of the process that was started;
// not those of processes that it starts, nor what standard output and error get.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace {

/// What is to happen, and how far the process is.
struct Plan {
  long at = 0;
  int error = 0;
  bool is_short = false;
  bool kills = false;
  bool lasts = false;
  int log = -1;
  pid_t process = 0;
  long seen = 0;
  std::mutex mutex;
};

Plan& plan() {
  static Plan* const p = [] {
    auto* made = new Plan;  // never deleted: calls come until the very end
    const auto get = [](const char* name) -> const char* { return std::getenv(name); };
    if (const char* at = get("MHP_FAULT_AT")) made->at = std::atol(at);
    if (const char* error = get("MHP_FAULT_ERROR")) {
      made->kills = std::strcmp(error, "kill") == 0 || std::strcmp(error, "torn") == 0;
      made->is_short = std::strcmp(error, "short") == 0 || std::strcmp(error, "torn") == 0;
      made->error = std::atoi(error);
    }
    made->lasts = get("MHP_FAULT_LASTS") != nullptr;
    if (const char* log = get("MHP_FAULT_LOG"))
      made->log = static_cast<int>(  // past the open() below
          syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
    made->process = getpid();
    for (const char* name :
         {"MHP_FAULT_AT", "MHP_FAULT_ERROR", "MHP_FAULT_LASTS", "MHP_FAULT_LOG", "LD_PRELOAD"})
      unsetenv(name);
    return made;
  }();
  return *p;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

/// Before any thread, and before the first call.
[[gnu::constructor]] void begin() { plan(); }

/// Whether it is this call's turn.
bool turn(const char* name) {
  Plan& p = plan();
  if (getpid() != p.process) return false;
  const std::lock_guard lock(p.mutex);
  ++p.seen;
  if (p.log >= 0) dprintf(p.log, "%s\n", name);
  return p.seen == p.at || (p.lasts && p.at > 0 && p.seen > p.at);
}

[[noreturn]] void die() {
  raise(SIGKILL);
  _exit(99);
}

/// The outcome of a call that is to fail, unless it is a write that is only to be short.
int failed() {
  const Plan& p = plan();
  if (p.kills) die();
  if (p.error == 0) return 0;  // a short write has no meaning here: the call is made
  errno = p.error;
  return -1;
}

bool counted(int fd) {
  if (fd == STDOUT_FILENO || fd == STDERR_FILENO || fd == plan().log) return false;
  struct stat status = {};
  struct statfs system = {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  // A file in memory has no name.
  return status.st_nlink > 0 || fstatfs(fd, &system) != 0 || system.f_type != TMPFS_MAGIC;
}

template <class Call>
ssize_t a_write(const char* name, int fd, size_t size, Call call) {
  if (!counted(fd) || !turn(name)) return call(size);
  const Plan& p = plan();
  if (p.is_short) {
    const ssize_t taken = call(size > 1 ? size / 2 : size);
    if (p.kills) die();
    return taken;
  }
  return failed() < 0 ? -1 : call(size);
}

bool changes(int flags) {
  return (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_ACCMODE) != O_RDONLY;
}

/// Device files and what the kernel tells are not among the files.
bool named(const char* path) {
  return std::strncmp(path, "/dev/", 5) != 0 && std::strncmp(path, "/proc/", 6) != 0 &&
         std::strncmp(path, "/sys/", 5) != 0;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return a_write("write", fd, size, [&](size_t n) { return real(fd, bytes, n); });
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return a_write("pwrite", fd, size, [&](size_t n) { return real(fd, bytes, n, at); });
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return a_write("pwrite", fd, size, [&](size_t n) { return real(fd, bytes, n, at); });
}

int fsync(int fd) {
  static const auto real = next<int (*)(int)>("fsync");
  return turn("fsync") && failed() < 0 ? -1 : real(fd);
}

int fdatasync(int fd) {
  static const auto real = next<int (*)(int)>("fdatasync");
  return turn("fdatasync") && failed() < 0 ? -1 : real(fd);
}

int ftruncate(int fd, off_t size) {
  static const auto real = next<int (*)(int, off_t)>("ftruncate");
  return counted(fd) && turn("ftruncate") && failed() < 0 ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
  static const auto real = next<int (*)(int, off64_t)>("ftruncate64");
  return counted(fd) && turn("ftruncate") && failed() < 0 ? -1 : real(fd, size);
}

int rename(const char* from, const char* to) {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return turn("rename") && failed() < 0 ? -1 : real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  static const auto real = next<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return turn("renameat2") && failed() < 0 ? -1 : real(from_folder, from, to_folder, to, flags);
}

int mkdir(const char* path, mode_t mode) {
  static const auto real = next<int (*)(const char*, mode_t)>("mkdir");
  return turn("mkdir") && failed() < 0 ? -1 : real(path, mode);
}

int close(int fd) {
  static const auto real = next<int (*)(int)>("close");
  // Of files that were written to: what a file system in a network says of it only then.
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || !counted(fd) || !turn("close"))
    return real(fd);
  if (failed() == 0) return real(fd);
  const int error = errno;
  real(fd);
  errno = error;
  return -1;
}

void* mmap(void* where, size_t size, int protection, int flags, int fd, off_t at) {
  static const auto real = next<void* (*)(void*, size_t, int, int, int, off_t)>("mmap");
  const bool shared = fd >= 0 && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0;
  return shared && counted(fd) && turn("mmap") && failed() < 0
             ? MAP_FAILED
             : real(where, size, protection, flags, fd, at);
}

int open(const char* path, int flags, ...) {
  static const auto real = next<int (*)(const char*, int, ...)>("open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (real == nullptr) return -1;
  return changes(flags) && named(path) && turn("open") && failed() < 0 ? -1
                                                                       : real(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  static const auto real = next<int (*)(const char*, int, ...)>("open64");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return changes(flags) && named(path) && turn("open") && failed() < 0 ? -1
                                                                       : real(path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  static const auto real = next<int (*)(int, const char*, int, ...)>("openat");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return changes(flags) && named(path) && turn("openat") && failed() < 0
             ? -1
             : real(folder, path, flags, mode);
}

}  // extern "C"
