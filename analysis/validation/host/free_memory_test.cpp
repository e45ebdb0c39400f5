// What is free, from files as the kernel has them.
#include "analysis/validation/host/free_memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sim/core/scratch_folder.hpp"

namespace mhp::host::free_memory_test {
namespace {

namespace fs = std::filesystem;

class FreeMemory : public ::testing::Test {
 protected:
  FreeMemory() {
    write("proc/meminfo", "MemTotal:  8000 kB\nMemFree:  100 kB\nMemAvailable:  3000 kB\n");
  }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void group(const std::string& path, const std::string& most, const std::string& used) {
    write("sys/fs/cgroup/" + path + "memory.max", most + "\n");
    write("sys/fs/cgroup/" + path + "memory.current", used + "\n");
  }
  std::int64_t free() const { return free_memory(root_.string()).value; }

  ScratchFolder scratch_;
  const fs::path root_ = scratch_.path();
};

TEST_F(FreeMemory, is_what_is_available) { EXPECT_EQ(free(), 3000 * 1024); }

TEST_F(FreeMemory, is_what_every_control_group_leaves) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  group("outer/inner/", "max", "5");
  EXPECT_EQ(free(), 3000 * 1024);
  group("outer/", "100000", "70000");
  EXPECT_EQ(free(), 30'000);
  write("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 200\nactive_file 34\n");
  EXPECT_EQ(free(), 30'234);
  group("outer/inner/", "1000", "2000");
  EXPECT_EQ(free(), 0);
}

TEST_F(FreeMemory, is_bound_by_the_root_group_that_a_container_sees) {
  write("proc/self/cgroup", "0::/\n");
  group("", "4096", "96");
  EXPECT_EQ(free(), 4000);
}

// A container sees its own group where the path of /proc/self/cgroup, the host's, is not.
TEST_F(FreeMemory, is_bound_by_groups_of_the_first_version) {
  write("proc/self/cgroup", "7:cpu,cpuacct:/x\n4:memory:/docker/abc\n");
  const std::string group = "sys/fs/cgroup/memory/";
  write(group + "memory.limit_in_bytes", "9223372036854771712\n");
  write(group + "memory.usage_in_bytes", "5000\n");
  EXPECT_EQ(free(), 3000 * 1024);
  write(group + "memory.limit_in_bytes", "9000\n");
  write(group + "memory.stat", "inactive_file 1\ntotal_inactive_file 70\ntotal_active_file 5\n");
  EXPECT_EQ(free(), 4075);
  write(group + "docker/abc/memory.limit_in_bytes", "800\n");
  write(group + "docker/abc/memory.usage_in_bytes", "300\n");
  EXPECT_EQ(free(), 500);
}

TEST_F(FreeMemory, has_no_bound_that_cannot_be_read) {
  fs::remove_all(root_);
  EXPECT_GT(free(), std::int64_t{1} << 60);
  EXPECT_GT(free_memory_of_node(0, root_.string()).value, std::int64_t{1} << 60);
}

TEST_F(FreeMemory, of_a_node_counts_its_files) {
  write("sys/devices/system/node/node3/meminfo",
        "Node 3 MemTotal:  900 kB\nNode 3 MemFree:  100 kB\nNode 3 Active(file):  20 kB\n"
        "Node 3 Inactive(file):  3 kB\n");
  EXPECT_EQ(free_memory_of_node(3, root_.string()).value, 123 * 1024);
}

}  // namespace
}  // namespace mhp::host::free_memory_test
