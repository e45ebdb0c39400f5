#include "sim/record/stream_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "sim/core/scratch_folder.hpp"

namespace mhp::record::stream_file_test {
namespace {

class StreamFileTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_ + '/' + name; }

  static FileContent header() {
    FileContent file;
    file.attribute("schema", "test/1");
    file.group("results")
        .coordinate("a", std::vector<std::string>{"x", "y"}, "1", "an axis of names")
        .coordinate("b", numbers(5), "byte", "an axis of numbers")
        .coordinate("replicate", numbers(3), "1", "replicate");
    return file;
  }

  static std::vector<std::int64_t> numbers(std::size_t n) {
    std::vector<std::int64_t> out(n);
    std::iota(out.begin(), out.end(), 0);
    return out;
  }

  /// Real a*100 + b*10 + replicate, the same as integers, and whether replicate is 0, in pieces of
  /// two along b.
  tl::expected<void, WriteFailure> write(const std::string& name, FileSink& sink,
                                         bool force = false) const {
    const std::vector<std::string> dims{"a", "b", "replicate"};
    using T = StreamArray::Type;
    StreamFile file(header(),
                    {{"results", "real", dims, T::real, "ns", "reals"},
                     {"results", "integer", dims, T::integer, "page", "integers"},
                     {"results", "first", dims, T::flags, "1", "flags", {"no", "yes"}}},
                    {{"a", 1}, {"b", 2}}, path(name), sink);
    for (std::size_t a = 0; a < 2; ++a)
      for (std::size_t b = 0; b < 5; b += 2) {
        const std::size_t count = std::min<std::size_t>(2, 5 - b);
        std::vector<double> reals;
        std::vector<std::int64_t> integers;
        std::vector<std::uint8_t> flags;
        for (std::size_t i = 0; i < count * 3; ++i) {
          integers.push_back(static_cast<std::int64_t>(a * 100 + (b + i / 3) * 10 + i % 3));
          reals.push_back(static_cast<double>(integers.back()));
          flags.push_back(i % 3 == 0 ? 1 : 0);
        }
        file.write(0, {a, b, 0}, {1, count, 3}, reals);
        file.write(1, {a, b, 0}, {1, count, 3}, integers);
        file.write(2, {a, b, 0}, {1, count, 3}, flags);
      }
    return file.finish(force);
  }

  std::string bytes(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  bool half_written() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      if (entry.path().extension() == ".partial") return true;
    return false;
  }

  ScratchFolder scratch_;
  const std::string folder_ = scratch_.path();
  SystemFileSink files_;
};

TEST_F(StreamFileTest, what_is_written_in_pieces_is_read_as_a_whole) {
  ASSERT_TRUE(write("a.h5", files_));
  const auto content = read_file(path("a.h5"));
  ASSERT_TRUE(content) << content.error().front().text();
  const Group& g = content->groups.front();
  ASSERT_EQ(g.variables.size(), 3u);
  const auto& reals = std::get<std::vector<double>>(g.variables[0].data);
  ASSERT_EQ(reals.size(), 30u);
  for (std::size_t i = 0; i < 30; ++i)
    EXPECT_EQ(reals[i], static_cast<double>(i / 15 * 100 + i % 15 / 3 * 10 + i % 3));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(g.variables[1].data)[29], 142);
  const auto& flags = std::get<Flags>(g.variables[2].data);
  EXPECT_EQ(flags.meanings, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(flags.values[3], 1);
  EXPECT_EQ(g.variables[0].dims, (std::vector<std::string>{"a", "b", "replicate"}));
}

TEST_F(StreamFileTest, equal_content_gives_equal_bytes) {
  ASSERT_TRUE(write("a.h5", files_));
  ASSERT_TRUE(write("another-name.h5", files_));
  EXPECT_EQ(bytes("a.h5"), bytes("another-name.h5"));
  EXPECT_FALSE(half_written());
}

TEST_F(StreamFileTest, an_existing_file_is_replaced_only_by_force) {
  std::ofstream(path("a.h5")) << "mine";
  const auto refused = write("a.h5", files_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, WriteError::kTargetExists);
  EXPECT_EQ(bytes("a.h5"), "mine");
  EXPECT_TRUE(write("a.h5", files_, true));
}

/// Fails the n-th call.
class FailingSink : public SystemFileSink {
 public:
  explicit FailingSink(int n) : left_(n) {}
  int append(const std::string& p, int& fd) override {
    return fails() ? EIO : SystemFileSink::append(p, fd);
  }
  std::int64_t write(int fd, std::span<const std::byte> b) override {
    return fails() ? -ENOSPC : SystemFileSink::write(fd, b);
  }
  int sync(int fd) override { return fails() ? EIO : SystemFileSink::sync(fd); }
  int close(int fd) override {
    const int closed = SystemFileSink::close(fd);
    return fails() ? EIO : closed;
  }
  int rename(const std::string& a, const std::string& b, bool r) override {
    return fails() ? EIO : SystemFileSink::rename(a, b, r);
  }
  int sync_directory(const std::string& p) override {
    return fails() ? EIO : SystemFileSink::sync_directory(p);
  }

 private:
  bool fails() { return left_-- == 0; }
  int left_;
};

TEST_F(StreamFileTest, whichever_step_fails_nothing_is_left) {
  int n = 0;
  for (;; ++n) {
    FailingSink sink(n);
    if (write("a.h5", sink)) break;
    EXPECT_FALSE(std::filesystem::exists(path("a.h5"))) << n;
    EXPECT_FALSE(half_written()) << n;
  }
  EXPECT_EQ(n, 6) << "append, write, sync, close, rename, directory";
}

TEST_F(StreamFileTest, a_file_size_limit_is_an_error_and_leaves_nothing) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 2048;
  setrlimit(RLIMIT_FSIZE, &small);
  const auto written = write("a.h5", files_);
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(written);
  // The reason alone: what else the library tells is of no use to people.
  const Diagnostic& d = written.error().diagnostics.at(0);
  EXPECT_EQ(d.where.file, path("a.h5"));
  EXPECT_EQ(d.problem, "cannot transfer real: File too large");
  EXPECT_EQ(d.remedy, "raise the file size limit (ulimit -f), or choose another place");
  EXPECT_FALSE(std::filesystem::exists(path("a.h5")));
  EXPECT_FALSE(half_written());
}

TEST_F(StreamFileTest, a_folder_that_is_not_there_is_an_error) {
  EXPECT_FALSE(write("none/a.h5", files_));
}

}  // namespace
}  // namespace mhp::record::stream_file_test
