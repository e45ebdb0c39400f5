#include "sim/core/read_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "sim/core/scratch_folder.hpp"

namespace mhp::read_file_test {
namespace {

TEST(read_file_text, gives_all_bytes_of_a_file_up_to_one_more_than_asked) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/a";
  std::string all(200'000, 'x');
  all[3] = '\0';
  std::ofstream(path, std::ios::binary) << all;
  EXPECT_EQ(read_file_text(path, 1'000'000).value(), all);
  EXPECT_EQ(read_file_text(path, all.size()).value(), all);
  EXPECT_EQ(read_file_text(path, 3).value(), std::string("xxx\0", 4));
}

TEST(read_file_text, a_file_of_proc_has_a_size_of_0_and_bytes) {
  EXPECT_GT(read_file_text("/proc/self/status", 1 << 20).value().size(), 100u);
}

// The open of a FIFO without O_NONBLOCK would never come back.
TEST(read_file_text, what_is_no_regular_file_is_refused_at_once) {
  const ScratchFolder folder;
  const std::string fifo = folder.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& path : {fifo, folder.path(), std::string("/dev/zero")}) {
    const auto text = read_file_text(path, 100);
    ASSERT_FALSE(text) << path;
    EXPECT_EQ(text.error().front().text(), path + ": is not a regular file");
  }
  const auto none = read_file_text(folder.path() + "/none", 100);
  EXPECT_EQ(none.error().front().text(),
            folder.path() + "/none: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace mhp::read_file_test
