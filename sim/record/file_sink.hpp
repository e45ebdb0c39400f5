#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mhp::record {

/// Every call by which a result file changes the disk, so that a test can make any of them fail.
/// Unless said otherwise a call returns 0, or the errno of what went wrong.
class FileSink {
 public:
  virtual ~FileSink() = default;

  /// Makes a file of a name that nothing has, not even a link (EEXIST); the descriptor goes to
  /// `fd`.
  virtual int create(const std::string& path, int& fd) = 0;
  /// Opens a file that is there, and is no link, to write at its end.
  virtual int append(const std::string& path, int& fd) = 0;
  /// Returns the number of bytes taken, which may be fewer than given, or the negated errno.
  virtual std::int64_t write(int fd, std::span<const std::byte> bytes) = 0;
  virtual int sync(int fd) = 0;
  virtual int close(int fd) = 0;
  /// Gives a file another name. Without `replace`, EEXIST when that name is taken.
  virtual int rename(const std::string& from, const std::string& to, bool replace) = 0;
  /// Makes the names in a directory durable.
  virtual int sync_directory(const std::string& path) = 0;
  virtual int remove(const std::string& path) = 0;
};

/// The file system of the machine.
class SystemFileSink : public FileSink {
 public:
  int create(const std::string& path, int& fd) override;
  int append(const std::string& path, int& fd) override;
  std::int64_t write(int fd, std::span<const std::byte> bytes) override;
  int sync(int fd) override;
  int close(int fd) override;
  int rename(const std::string& from, const std::string& to, bool replace) override;
  int sync_directory(const std::string& path) override;
  int remove(const std::string& path) override;
};

/// Opens a file of the program's own that goes on from run to run, such as a journal or a lock, and
/// makes it if it is not there; the descriptor goes to `fd`, -1 on failure. Returns 0 or the errno:
/// ELOOP where the name is a symbolic link, EMLINK where the file has another name besides,
/// EINVAL where it is no regular file. So nobody else's file is written to.
int open_own(const std::string& path, int flags, int& fd);

}  // namespace mhp::record
