#include "sim/observed/snapshot.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sim/core/scratch_folder.hpp"
#include "sim/observed/gather.hpp"
#include "sim/observed/redact.hpp"

namespace mhp::observed::snapshot_test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSmall =
    "mhpsim snapshot 1\n"
    "# for people\n"
    "\n==> /proc/version <==\n"
    "Linux version 6.12.117+deb12-amd64\n"
    "\n==> /proc/buddyinfo <==\n"
    "Node 0, zone   Normal      3      2      1      0      0      0      0      0      0      0   "
    "   7 \n"
    "\n==> /sys/devices/system/memory <==\n"
    "block_size_bytes 8000000\n"
    "auto_online_blocks offline\n"
    "0-7 online Normal node0 1\n"
    "32-35 offline Normal,Movable node0 1\n"
    "\n==> settings <==\n"
    "/proc/sys/vm/swappiness 60\n"
    "/sys/kernel/mm/transparent_hugepage/enabled always [madvise] never\n";

Result<Observed> read(const std::string& text) {
  Observed seen;
  if (auto done = read_snapshot(text, {"box", 1, 1}, seen); !done)
    return tl::unexpected<Diagnostics>(done.error());
  return seen;
}

std::string error_of(const std::string& text) {
  const auto seen = read(text);
  return seen ? "none" : seen.error().front().text();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(Snapshot, says_what_its_sections_say) {
  const auto seen = read(kSmall);
  ASSERT_TRUE(seen) << seen.error().front().text();
  EXPECT_EQ(seen->kernel_release, "6.12.117+deb12-amd64");
  EXPECT_EQ(seen->block_size, Bytes{128 * kMiB});
  ASSERT_EQ(seen->blocks.size(), 2u);
  EXPECT_EQ(seen->blocks[1].first, 32);
  EXPECT_EQ(seen->blocks[1].last, 35);
  EXPECT_EQ(seen->blocks[1].state, "offline");
  EXPECT_EQ(seen->blocks[1].valid_zones, "Normal Movable");
  EXPECT_EQ(seen->setting("kernel/mm/transparent_hugepage/enabled"), "madvise");
  EXPECT_EQ(seen->sysctl.at("vm.swappiness"), 60);
  const Zone* zone = seen->find_zone(NodeId{0}, kernel::ZoneType::normal);
  ASSERT_NE(zone, nullptr);
  ASSERT_TRUE(zone->free_blocks);
  EXPECT_EQ(zone->free_blocks->back(), 7);
  EXPECT_FALSE(zone->managed) << "zoneinfo is not there";
}

TEST(Snapshot, is_written_as_it_was_read) {
  const auto file = parse_snapshot(kSmall, "box");
  ASSERT_TRUE(file);
  const auto again = parse_snapshot(write_snapshot(*file), "box");
  ASSERT_TRUE(again);
  ASSERT_EQ(again->sections.size(), file->sections.size());
  for (std::size_t i = 0; i < file->sections.size(); ++i) {
    EXPECT_EQ(again->sections[i].path, file->sections[i].path);
    EXPECT_EQ(again->sections[i].text, file->sections[i].text);
  }
  EXPECT_EQ(again->notes, file->notes);
}

TEST(Snapshot, may_come_from_another_system_by_mail) {
  std::string mailed;
  for (const char c : std::string(kSmall)) {
    if (c == '\n') mailed += '\r';
    mailed += c;
  }
  const auto seen = read(mailed);
  ASSERT_TRUE(seen) << seen.error().front().text();
  EXPECT_EQ(seen->kernel_release, "6.12.117+deb12-amd64");
  EXPECT_EQ(seen->blocks.size(), 2u);
}

TEST(Snapshot, damage_is_told_with_its_place) {
  EXPECT_TRUE(error_of("mhpsim snapshot 2\n").starts_with("box:1:1: "));
  EXPECT_TRUE(error_of(replaced(kSmall, "# for people", "for people")).starts_with("box:2:1: "));
  EXPECT_TRUE(error_of(replaced(kSmall, "==> /proc/version <==", "==> /proc/version"))
                  .starts_with("box:4:1: "));
  EXPECT_TRUE(error_of(replaced(kSmall, "==> settings <==", "==> /proc/version <=="))
                  .starts_with("box:16:1: "));
  EXPECT_TRUE(error_of(replaced(kSmall, "8000000", "8000001")).starts_with("box:11:"));
  EXPECT_TRUE(error_of(replaced(kSmall, "0-7 online", "0-7 onlin")).starts_with("box:13:"));
  EXPECT_TRUE(error_of(replaced(kSmall, "32-35", "5-35")).starts_with("box:14:"));
  EXPECT_TRUE(
      error_of(replaced(kSmall, "32-35", "32-999999999999999999999")).starts_with("box:14:"));
}

TEST(Snapshot, no_truncation_of_it_is_a_crash) {
  const std::string whole(kSmall);
  for (std::size_t n = 0; n < whole.size(); ++n) read(whole.substr(0, n));
}

TEST(Redaction, leaves_out_who_and_where) {
  EXPECT_EQ(redacted_version("Linux version 6.1.0-18-amd64 (me@home) (gcc 12) #1 SMP\n"),
            "Linux version 6.1.0-18-amd64\n");
  int left_out = 0;
  EXPECT_EQ(redacted_cmdline("BOOT_IMAGE=/vmlinuz root=UUID=1-2 movable_node hugepages=10 "
                             "key=\"secret words\" memory_hotplug.memmap_on_memory=1 -- init\n",
                             left_out),
            "movable_node hugepages=10 memory_hotplug.memmap_on_memory=1\n");
  EXPECT_EQ(left_out, 3);
  EXPECT_EQ(
      redacted_swaps("Filename Type Size Used Priority\n/dev/mapper/home partition 10 0 -2\n"),
      "Filename Type Size Used Priority\nleft-out\tpartition\t10\t0\t-2\n");
  EXPECT_EQ(redacted_iomem("00001000-0009ffff : System RAM\n  00002000-00002fff : name\n"
                           "000a0000-000bffff : PCI\n"),
            "00001000-0009ffff : System RAM\n");
}

TEST(Gathering, takes_a_tree_as_a_machine) {
  const ScratchFolder folder;
  const fs::path root(folder.path());
  write(root / "proc/version", "Linux version 6.12.1 (me@home)\n");
  write(root / "proc/iomem", "00000000-00000000 : System RAM\n");
  write(root / "sys/devices/system/memory/block_size_bytes", "8000000\n");
  for (const int block : {0, 1, 2, 9}) {
    const fs::path at = root / ("sys/devices/system/memory/memory" + std::to_string(block));
    write(at / "state", "online\n");
    write(at / "valid_zones", "Normal\n");
    fs::create_directories(at / "node0");
  }
  const auto file = gather(root.string());
  ASSERT_TRUE(file) << file.error().front().text();
  const SnapshotSection* memory = file->find("/sys/devices/system/memory");
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(memory->text,
            "block_size_bytes 8000000\n0-2 online Normal node0 -\n9-9 online Normal node0 -\n");
  EXPECT_EQ(file->find("/proc/iomem"), nullptr) << "its addresses are hidden";
  EXPECT_NE(std::find_if(file->notes.begin(), file->notes.end(),
                         [](const std::string& n) { return n.find("/proc/iomem") != n.npos; }),
            file->notes.end());
  EXPECT_EQ(write_snapshot(*file).find("home"), std::string::npos);
}

TEST(Gathering, follows_no_link) {
  const ScratchFolder folder;
  const fs::path root(folder.path());
  write(root / "elsewhere/zoneinfo", "secret\n");
  write(root / "tree/proc/version", "Linux version 6.12.1\n");
  fs::create_symlink(root / "elsewhere/zoneinfo", root / "tree/proc/zoneinfo");
  fs::create_symlink(root / "elsewhere", root / "tree/sys");
  const auto file = gather((root / "tree").string());
  ASSERT_TRUE(file);
  EXPECT_EQ(write_snapshot(*file).find("secret"), std::string::npos);
}

TEST(Gathering, an_empty_folder_is_no_machine) {
  const ScratchFolder folder;
  const auto file = gather(folder.path());
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().front().text().find("nothing of a machine"), std::string::npos);
  EXPECT_FALSE(gather(std::string(folder.path()) + "/none"));
}

}  // namespace
}  // namespace mhp::observed::snapshot_test
