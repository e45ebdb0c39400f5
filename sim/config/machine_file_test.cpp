#include "sim/config/machine_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "sim/config/scenario.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::config::machine_file_test {
namespace {

/// A guest of 1 GiB and a node that waits for memory.
constexpr const char* kSnapshot =
    "mhpsim snapshot 1\n"
    "\n==> /proc/version <==\nLinux version 6.1.0-18-amd64\n"
    "\n==> /proc/cpuinfo <==\n"
    "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n"
    "model name\t: AMD EPYC 9554\nstepping\t: 1\nflags\t\t: fpu pdpe1gb la57\n"
    "address sizes\t: 52 bits physical, 57 bits virtual\n"
    "\n==> /proc/zoneinfo <==\n"
    "Node 0, zone    DMA32\n"
    "  pages free     200000\n        boost    100\n        min      1100\n        low      1300\n"
    "        high     1500\n        spanned  262144\n        present  262144\n"
    "        managed  250000\n        protection: (0, 0, 0, 0)\n"
    "      nr_zone_inactive_file 20000\n      nr_zone_active_file 5000\n"
    "  pagesets\n    cpu: 0\n              count: 10\n              high:  60\n"
    "              batch: 63\n  start_pfn:           4096\n"
    "\n==> /proc/buddyinfo <==\n"
    "Node 0, zone    DMA32     10      5      0      0      0      0      0      0      0      1   "
    " "
    "194 \n"
    "\n==> /sys/devices/system/memory <==\n"
    "block_size_bytes 8000000\nauto_online_blocks online_movable\n0-8 online DMA32 node0 1\n"
    "\n==> /sys/devices/system/node <==\n"
    "possible 0-1\nonline 0-1\nnode0 cpulist 0-3\nnode0 distance 10 24\nnode1 distance 24 10\n"
    "\n==> settings <==\n"
    "/proc/sys/vm/swappiness 10\n/sys/module/memory_hotplug/parameters/memmap_on_memory Y\n";

const std::string kHotplug = "[[hotplug]]\nnode = 1\nsize = \"1GiB\"\ndevice = \"" MHP_SOURCE_DIR
                             "/configs/devices/virtual-dimm.toml\"\n";

class MachineFile : public ::testing::Test {
 protected:
  MachineFile() { write("box.snapshot", kSnapshot); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path(name), std::ios::binary) << text;
  }
  /// A scenario whose [kernel] is `kernel`, on the machine that `machine` says.
  Result<Scenario> load(const std::string& machine, const std::string& kernel,
                        const std::vector<std::string>& settings = {},
                        const std::string& hotplug = kHotplug) {
    write("s.toml", "name = \"s\"\n" + machine +
                        "costs = \"" MHP_SOURCE_DIR "/configs/costs/xeon.toml\"\n" + kernel +
                        hotplug);
    return load_scenario(folder_.path("s.toml"), settings);
  }
  std::string box() const { return folder_.path("box.snapshot"); }

  ScratchFolder folder_;
};

TEST_F(MachineFile, a_snapshot_is_the_machine_and_its_state) {
  const auto s = load("machine = \"box.snapshot\"\n", "");
  ASSERT_TRUE(s) << s.error().front().text();
  ASSERT_EQ(s->machine.nodes.size(), 2u);
  EXPECT_EQ(s->machine.nodes[0].memory, Bytes{kGiB});
  EXPECT_EQ(s->machine.nodes[0].cpus, 4);
  EXPECT_EQ(s->machine.nodes[1].memory, Bytes{0});
  EXPECT_TRUE(s->machine.general.la57);
  ASSERT_TRUE(s->found);
  EXPECT_EQ(s->found->distance, (std::vector<std::int64_t>{10, 24, 24, 10}));
  ASSERT_EQ(s->found->zones.size(), 1u);
  const kernel::FoundZone& zone = s->found->zones[0];
  EXPECT_EQ(zone.managed, PageCount{250'000});
  EXPECT_EQ(zone.min, PageCount{1000}) << "without its boost";
  EXPECT_EQ(zone.free_blocks.back(), 194);
  EXPECT_EQ(zone.pcp, PageCount{10});
  EXPECT_EQ(zone.active_file, PageCount{5000});
  EXPECT_FALSE(zone.typed());
  ASSERT_TRUE(s->origin);
  EXPECT_EQ(s->origin->file, "box.snapshot");
  EXPECT_FALSE(s->origin->assumed.empty());
}

TEST_F(MachineFile, its_kernel_and_its_way_to_online_are_its_own) {
  const auto s = load("machine = \"box.snapshot\"\n", "");
  ASSERT_TRUE(s) << s.error().front().text();
  EXPECT_EQ(s->profile.version, "6.1");
  EXPECT_EQ(s->kernel.memmap_placement, "hotplugged_range");
  EXPECT_EQ(s->kernel.swappiness, 10);
  EXPECT_EQ(s->hotplug[0].params.online, kernel::OnlineType::online_movable);
  EXPECT_EQ(s->hotplug[0].params.online_by, OnlineBy::kernel);
}

TEST_F(MachineFile, what_the_scenario_says_of_the_kernel_stays_if_it_names_the_machine) {
  const auto s = load("machine = \"box.snapshot\"\n", "[kernel]\nswappiness = 70\n", {},
                      kHotplug + "online = \"online_kernel\"\n");
  ASSERT_TRUE(s) << s.error().front().text();
  EXPECT_EQ(s->kernel.swappiness, 70);
  EXPECT_EQ(s->profile.version, "6.1");
  EXPECT_EQ(s->hotplug[0].params.online, kernel::OnlineType::online_kernel);
}

TEST_F(MachineFile, the_command_line_brings_the_machine_with_its_kernel) {
  const std::string two = "machine = \"" MHP_SOURCE_DIR "/configs/machines/two-node-1t.toml\"\n";
  const std::string kernel = "[kernel]\nprofile = \"6.12\"\nswappiness = 70\n";
  const auto s = load(two, kernel, {"machine=" + box()});
  ASSERT_TRUE(s) << s.error().front().text();
  EXPECT_EQ(s->profile.version, "6.1");
  EXPECT_EQ(s->kernel.swappiness, 10);
  const auto own = load(two, kernel, {"machine=" + box(), "kernel.swappiness=90"});
  ASSERT_TRUE(own) << own.error().front().text();
  EXPECT_EQ(own->kernel.swappiness, 90);
}

TEST_F(MachineFile, another_machine_takes_the_state_and_the_settings_along) {
  const auto s =
      load("machine = \"box.snapshot\"\n", "[kernel]\nprofile = \"6.12\"\n",
           {"machine=" MHP_SOURCE_DIR "/configs/machines/two-node-1t.toml", "hotplug.0.size=2GiB"});
  ASSERT_TRUE(s) << s.error().front().text();
  EXPECT_EQ(s->kernel.swappiness, 60);
  EXPECT_FALSE(s->found);
  EXPECT_FALSE(s->origin);
}

TEST_F(MachineFile, what_a_result_file_keeps_is_the_same_scenario) {
  const auto s = load("machine = \"box.snapshot\"\n", "");
  ASSERT_TRUE(s) << s.error().front().text();
  write("kept.toml", s->resolved_text);
  const auto kept = load_scenario(folder_.path("kept.toml"), {});
  ASSERT_TRUE(kept) << kept.error().front().text();
  EXPECT_EQ(kept->resolved_text, s->resolved_text);
  EXPECT_EQ(kept->found->zones[0].free_blocks, s->found->zones[0].free_blocks);
}

TEST_F(MachineFile, the_family_of_its_processors_is_found) {
  const auto s = load("machine = \"box.snapshot\"\n", "");
  ASSERT_TRUE(s) << s.error().front().text();
  bool said = false;
  for (const std::string& line : s->origin->assumed)
    said = said || line.find("as the family Zen 4") != std::string::npos;
  EXPECT_TRUE(said);
}

TEST_F(MachineFile, damage_is_told_with_both_places) {
  std::string text(kSnapshot);
  text.replace(text.find("8000000"), 7, "8000001");
  write("box.snapshot", text);
  const auto s = load("machine = \"box.snapshot\"\n", "");
  ASSERT_FALSE(s);
  const std::string line = s.error().front().text();
  EXPECT_NE(line.find("box.snapshot:"), std::string::npos) << line;
  EXPECT_NE(line.find("s.toml:2:"), std::string::npos) << line;
}

}  // namespace
}  // namespace mhp::config::machine_file_test
