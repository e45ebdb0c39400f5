#include "sim/record/run_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/record/seal.hpp"
#include "sim/record/tests/miniature.hpp"

namespace mhp::record::run_file_test {
namespace {

namespace fs = std::filesystem;

class RunFile : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  bool exists(const std::string& name) const { return fs::exists(fs::symlink_status(path(name))); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  ScratchFolder scratch_;
  const fs::path directory_ = scratch_.path();
};

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void store(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// About 1 MiB that deflate cannot shrink, so that the file takes several writes.
FileContent large() {
  std::vector<std::int64_t> values;
  std::uint64_t state = 1;
  for (int i = 0; i < 130'000; ++i) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    values.push_back(static_cast<std::int64_t>(state ^ state >> 29));
  }
  FileContent file;
  file.group("noise").coordinate("i", values, "1", "index");
  return file;
}

// Everything that is written, as one text for the expectations.
std::string text_of(const tl::expected<void, WriteFailure>& written) {
  return written ? "written" : written.error().diagnostics.at(0).text();
}

/// Fails the n-th call that changes the disk (removal excepted) and, if told to, every later one.
class FailingSink : public SystemFileSink {
 public:
  FailingSink(int failing_call, bool for_ever) : at_(failing_call), for_ever_(for_ever) {}

  int create(const std::string& path, int& fd) override {
    return fails("create") ? ENOSPC : SystemFileSink::create(path, fd);
  }
  std::int64_t write(int fd, std::span<const std::byte> bytes) override {
    if (!fails("write")) return SystemFileSink::write(fd, bytes);
    return -ENOSPC;
  }
  int sync(int fd) override {
    const int error = SystemFileSink::sync(fd);
    return fails("sync") ? EIO : error;
  }
  int close(int fd) override {
    const int error = SystemFileSink::close(fd);
    return fails("close") ? EIO : error;
  }
  int rename(const std::string& from, const std::string& to, bool replace) override {
    return fails("rename") ? ENOSPC : SystemFileSink::rename(from, to, replace);
  }
  int sync_directory(const std::string& directory) override {
    const int error = SystemFileSink::sync_directory(directory);
    return fails("sync_directory") ? EIO : error;
  }

  std::string failed_call;  ///< the first one

 private:
  bool fails(const char* call) {
    ++calls_;
    const bool now = calls_ == at_ || (for_ever_ && calls_ > at_);
    if (now && failed_call.empty()) failed_call = call;
    return now;
  }

  int at_;
  bool for_ever_;
  int calls_ = 0;
};

/// Takes at most 1000 bytes a call and counts the calls.
class ShortSink : public SystemFileSink {
 public:
  std::int64_t write(int fd, std::span<const std::byte> bytes) override {
    ++calls;
    return SystemFileSink::write(fd, bytes.first(std::min<std::size_t>(bytes.size(), 1000)));
  }
  int calls = 0;
};

/// Flips a bit of each write, or drops its last bytes, and says that all went well.
class LyingSink : public SystemFileSink {
 public:
  explicit LyingSink(std::size_t drop) : drop_(drop) {}
  std::int64_t write(int fd, std::span<const std::byte> bytes) override {
    std::vector<std::byte> changed(bytes.begin(), bytes.end());
    if (drop_ == 0) changed[changed.size() / 2] ^= std::byte{1};
    changed.resize(changed.size() - drop_);
    SystemFileSink::write(fd, changed);
    return static_cast<std::int64_t>(bytes.size());
  }

 private:
  std::size_t drop_;
};

TEST_F(RunFile, what_is_written_is_read_back_and_leaves_one_file) {
  ASSERT_EQ(text_of(write_file(miniature(), path("a.h5"), false)), "written");
  const Result<FileContent> back = read_file(path("a.h5"));
  ASSERT_TRUE(back.has_value()) << back.error()[0].text();
  EXPECT_EQ(first_difference(miniature(), *back), "");
  EXPECT_EQ(files(), 1U);
}

TEST_F(RunFile, bytes_do_not_depend_on_name_or_time) {
  ASSERT_TRUE(write_file(miniature(), path("a.h5"), false).has_value());
  ::sleep(1);
  ASSERT_TRUE(write_file(miniature(), path("another_name.h5"), false).has_value());
  EXPECT_TRUE(bytes_of(path("a.h5")) == bytes_of(path("another_name.h5")));
}

TEST_F(RunFile, an_existing_target_is_refused_and_stays_as_it_is) {
  store(path("a.h5"), "mine");
  const auto written = write_file(miniature(), path("a.h5"), false);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, WriteError::kTargetExists);
  EXPECT_EQ(written.error().diagnostics.at(0).problem, "exists already");
  EXPECT_EQ(bytes_of(path("a.h5")), "mine");
  EXPECT_EQ(files(), 1U);
}

TEST_F(RunFile, an_existing_target_is_replaced_by_force) {
  store(path("a.h5"), "mine");
  ASSERT_EQ(text_of(write_file(miniature(), path("a.h5"), true)), "written");
  EXPECT_TRUE(read_file(path("a.h5")).has_value());
}

TEST_F(RunFile, a_target_that_appears_meanwhile_is_refused_too) {
  class Rival : public SystemFileSink {
   public:
    int rename(const std::string& from, const std::string& to, bool replace) override {
      store(to, "rival");
      return SystemFileSink::rename(from, to, replace);
    }
  };
  Rival rival;
  const auto written = write_file(miniature(), path("a.h5"), false, rival);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, WriteError::kTargetExists);
  EXPECT_EQ(bytes_of(path("a.h5")), "rival");
  EXPECT_EQ(files(), 1U);
}

TEST_F(RunFile, what_is_not_a_regular_file_is_refused_even_by_force) {
  fs::create_directory(path("a.h5"));
  const auto written = write_file(miniature(), path("a.h5"), true);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, WriteError::kTargetExists);
  EXPECT_FALSE(write_file(miniature(), "/dev/null", true).has_value());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(RunFile, content_that_is_not_valid_is_refused) {
  FileContent file;
  file.group("two words");
  const auto written = write_file(file, path("a.h5"), false);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, WriteError::kInvalidContent);
  EXPECT_EQ(files(), 0U);
}

TEST_F(RunFile, what_others_left_beside_it_neither_hinders_nor_changes) {
  store(path("victim"), "mine");
  store(path("a.h5.partial"), "mine");
  fs::create_symlink(path("victim"), path("a.h5.0.partial"));
  ASSERT_EQ(text_of(write_file(miniature(), path("a.h5"), false)), "written");
  EXPECT_TRUE(read_file(path("a.h5")).has_value());
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(path("a.h5"))));
  EXPECT_EQ(bytes_of(path("victim")), "mine");
  EXPECT_EQ(bytes_of(path("a.h5.partial")), "mine");
  EXPECT_EQ(files(), 4U);
}

// The name of an unfinished file, laid as a link or a file by somebody who guessed it.
TEST_F(RunFile, a_name_that_is_taken_is_never_written_to) {
  class Guessed : public SystemFileSink {
   public:
    explicit Guessed(std::string victim) : victim_(std::move(victim)) {}
    int create(const std::string& path, int& fd) override {
      fs::create_symlink(victim_, path);
      return SystemFileSink::create(path, fd);
    }
    std::string victim_;
  };
  store(path("victim"), "mine");
  for (const std::string& victim : {path("victim"), path("not there")}) {
    Guessed sink(victim);
    const auto written = write_file(miniature(), path("a.h5"), false, sink);
    EXPECT_NE(text_of(written).find("cannot be created: File exists"), std::string::npos);
    EXPECT_EQ(bytes_of(path("victim")), "mine");
    EXPECT_FALSE(fs::exists(path("not there")));
    EXPECT_FALSE(fs::exists(path("a.h5")));
  }
}

// Two that write to one path at once: between the check of the first and its rename the second
// comes and goes.
TEST_F(RunFile, of_two_writers_one_wins_whole_and_the_other_says_so) {
  class Meanwhile : public SystemFileSink {
   public:
    int rename(const std::string& from, const std::string& to, bool replace) override {
      SystemFileSink files;
      second = text_of(write_file(large(), to, false, files));
      return SystemFileSink::rename(from, to, replace);
    }
    std::string second;
  };
  Meanwhile first;
  const auto written = write_file(miniature(), path("a.h5"), false, first);
  EXPECT_EQ(first.second, "written");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, WriteError::kTargetExists);
  ASSERT_TRUE(write_file(large(), path("whole.h5"), false).has_value());
  EXPECT_TRUE(bytes_of(path("a.h5")) == bytes_of(path("whole.h5")));
  EXPECT_EQ(files(), 2U);
}

int partial_files(const std::string& target) {
  int found = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(target).parent_path()))
    found += entry.path().extension() == ".partial" ? 1 : 0;
  return found;
}

// Fails the first call, the second, ... until writing succeeds; `for_ever` keeps the disk full.
void fail_each_call(const std::string& target, const std::string& old, bool for_ever,
                    std::vector<std::string>& failed) {
  for (int n = 1; n < 100; ++n) {
    if (!old.empty()) store(target, old);
    FailingSink sink(n, for_ever);
    const auto written = write_file(large(), target, !old.empty(), sink);
    if (written) {
      EXPECT_EQ(sink.failed_call, "");
      break;
    }
    failed.push_back(sink.failed_call);
    EXPECT_EQ(written.error().kind, WriteError::kEnvironment);
    EXPECT_EQ(partial_files(target), 0) << n;
    // Once the new file has its name the old one is gone, and the new one must not be trusted.
    const bool old_is_left = !old.empty() && sink.failed_call != "sync_directory";
    EXPECT_EQ(fs::exists(target), old_is_left) << n;
    if (old_is_left) {
      EXPECT_EQ(bytes_of(target), old);
    }
  }
  EXPECT_TRUE(read_file(target).has_value());
}

TEST_F(RunFile, whichever_call_fails_no_final_name_appears) {
  // 1016 KiB of noise take 4 pieces of 256 KiB, and what stands around them a fifth at most.
  for (const bool for_ever : {false, true}) {
    std::vector<std::string> failed;
    fail_each_call(path("a.h5"), "", for_ever, failed);
    EXPECT_EQ(std::count(failed.begin(), failed.end(), "write"), 4);
    failed.erase(std::unique(failed.begin(), failed.end()), failed.end());
    EXPECT_EQ(failed, (std::vector<std::string>{"create", "write", "sync", "close", "rename",
                                                "sync_directory"}));
    fs::remove(path("a.h5"));
  }
}

TEST_F(RunFile, whichever_call_fails_the_file_to_be_replaced_stays) {
  std::vector<std::string> failed;
  fail_each_call(path("a.h5"), "the old one", false, failed);
  EXPECT_EQ(failed.size(), 9U);
}

TEST_F(RunFile, a_failure_names_file_bytes_and_reason) {
  FailingSink third_write(4, false);
  const auto written = write_file(large(), path("a.h5"), false, third_write);
  ASSERT_FALSE(written.has_value());
  const Diagnostic& d = written.error().diagnostics.at(0);
  EXPECT_EQ(d.where.file, path("a.h5"));
  EXPECT_EQ(d.problem.find("cannot be written: 524288 of "), 0U) << d.problem;
  EXPECT_NE(d.problem.find("bytes done: No space left on device"), std::string::npos) << d.problem;
  EXPECT_EQ(d.remedy, "free space there, or choose another place");
}

TEST_F(RunFile, short_writes_are_continued) {
  ShortSink sink;
  ASSERT_EQ(text_of(write_file(miniature(), path("a.h5"), false, sink)), "written");
  EXPECT_GT(sink.calls, 10);
  EXPECT_TRUE(read_file(path("a.h5")).has_value());
}

TEST_F(RunFile, a_disk_that_changes_or_loses_bytes_is_found_out_before_the_rename) {
  for (const std::size_t dropped : {0U, 1U, 22U, 1000U}) {
    LyingSink sink(dropped);
    const auto written = write_file(miniature(), path("a.h5"), false, sink);
    ASSERT_FALSE(written.has_value()) << dropped;
    EXPECT_EQ(written.error().kind, WriteError::kEnvironment);
    EXPECT_EQ(files(), 0U);
  }
}

TEST_F(RunFile, a_device_that_is_full_is_reported) {
  class Full : public SystemFileSink {
   public:
    int create(const std::string& path, int& fd) override {
      const int error = SystemFileSink::create(path, fd);
      const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
      ::dup2(full, fd);
      ::close(full);
      return error;
    }
  };
  Full sink;
  const auto written = write_file(miniature(), path("a.h5"), false, sink);
  EXPECT_NE(text_of(written).find("cannot be written: 0 of "), std::string::npos);
  EXPECT_NE(text_of(written).find("No space left on device"), std::string::npos);
  EXPECT_EQ(files(), 0U);
}

TEST_F(RunFile, a_directory_that_is_not_there_is_reported) {
  const auto written = write_file(miniature(), path("gone/a.h5"), false);
  EXPECT_EQ(text_of(written), path("gone/a.h5") +
                                  ": cannot be created: No such file or directory; make the "
                                  "directory first");
}

// In a child, because a limit once lowered stays: 0 if writing failed as it should.
int write_below_limit(const std::string& target, rlim_t limit) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit file_size = {limit, limit};
    ::setrlimit(RLIMIT_FSIZE, &file_size);
    const std::string said = text_of(write_file(large(), target, false));
    ::_exit(said == "written" ? 1 : said.find("File too large") == std::string::npos ? 2 : 0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

TEST_F(RunFile, a_file_size_limit_is_reported_up_to_the_last_byte) {
  ASSERT_TRUE(write_file(large(), path("whole.h5"), false).has_value());
  const auto size = static_cast<rlim_t>(fs::file_size(path("whole.h5")));
  for (const rlim_t limit : {rlim_t{1}, rlim_t{4096}, rlim_t{300'000}, size - 22, size - 1}) {
    EXPECT_EQ(write_below_limit(path("a.h5"), limit), 0) << limit;
    EXPECT_EQ(files(), 1U) << limit;
  }
  EXPECT_EQ(write_below_limit(path("a.h5"), size), 1);
  EXPECT_TRUE(exists("a.h5"));
}

TEST_F(RunFile, every_flipped_bit_is_reported) {
  ASSERT_TRUE(write_file(miniature(), path("a.h5"), false).has_value());
  const std::string whole = bytes_of(path("a.h5"));
  for (std::size_t i = 0; i < whole.size(); i += i + 200 < whole.size() ? 199 : 1) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1 << i % 8);
    store(path("b.h5"), damaged);
    EXPECT_FALSE(read_file(path("b.h5")).has_value()) << i;
  }
}

TEST_F(RunFile, every_cut_is_reported) {
  ASSERT_TRUE(write_file(miniature(), path("a.h5"), false).has_value());
  const std::string whole = bytes_of(path("a.h5"));
  for (std::size_t size = 0; size < whole.size(); size += size + 200 < whole.size() ? 199 : 1) {
    store(path("b.h5"), whole.substr(0, size));
    EXPECT_FALSE(read_file(path("b.h5")).has_value()) << size;
  }
  store(path("b.h5"), whole + "\n");
  EXPECT_FALSE(read_file(path("b.h5")).has_value());
  store(path("b.h5"), whole);
  EXPECT_TRUE(read_file(path("b.h5")).has_value());
}

TEST_F(RunFile, what_cannot_be_a_result_file_is_reported_fast) {
  EXPECT_FALSE(read_file(path("none.h5")).has_value());
  EXPECT_FALSE(read_file(directory_.string()).has_value());
  EXPECT_FALSE(read_file("/dev/zero").has_value());
  store(path("huge.h5"), "");
  fs::resize_file(path("huge.h5"), std::uintmax_t{1} << 40);  // all of it a hole
  EXPECT_FALSE(read_file(path("huge.h5")).has_value());
}

TEST(Seal, is_the_crc32_of_zlib) {
  // The check value of CRC-32/ISO-HDLC: the CRC of the nine digits is cbf43926.
  std::vector<std::byte> bytes;
  for (char c = '1'; c <= '9'; ++c) bytes.push_back(static_cast<std::byte>(c));
  seal(bytes);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ(text, "123456789mhpsim crc32=cbf43926\n");
  ASSERT_TRUE(unseal(bytes, "x").has_value());
  EXPECT_EQ(unseal(bytes, "x")->size(), 9U);
  bytes[0] ^= std::byte{1};
  EXPECT_FALSE(unseal(bytes, "x").has_value());
}

}  // namespace
}  // namespace mhp::record::run_file_test
