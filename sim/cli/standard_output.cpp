#include "sim/cli/standard_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/cli/cli.hpp"

namespace mhp::cli {

void hold_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() takes the lowest descriptor that is free, which is this one. Opened to read only,
    // what is printed fails with EBADF; messages that nobody wants may go.
    const int mode = fd == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", mode) < 0) return;  // then nothing else can be opened either
  }
}

bool standard_output_failed() { return std::ferror(stdout) != 0; }

int finish_standard_output(int exit_code, int error) {
  errno = 0;
  if (std::fflush(stdout) == 0 && !standard_output_failed()) return exit_code;
  if (error == 0) error = errno;
  if (error == EPIPE) return kReaderGone;
  std::fprintf(stderr, "standard output: cannot be written: %s\n",
               error != 0 ? std::strerror(error) : "reason not known");
  return kNotWritten;
}

}  // namespace mhp::cli
