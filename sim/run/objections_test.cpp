// Figures of the debate by hand: the scenario that ships, two devices of 128 blocks with V = 512
// pages of memmap each, both offline and online twice, the one for ZONE_MOVABLE removed at last.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>

#include "sim/kernel/placement/placement.hpp"
#include "sim/run/result/objection.hpp"
#include "sim/run/run.hpp"

namespace mhp::run::objections_test {
namespace {

constexpr double kBlocks = 128;  // of a device
constexpr double kHeads = kBlocks * 512;

using Figures = std::map<std::string, std::optional<double>>;

Figures figures(const std::string& placement, const std::vector<std::string>& settings = {}) {
  const auto scenario =
      config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/debate.toml", settings);
  EXPECT_TRUE(scenario.has_value());
  const RunResult run = simulate(*scenario, {.placement = placement});
  Figures out;
  for (std::size_t i = 0; i < objections().size(); ++i)
    out[std::string(objections()[i].id)] = run.objections[i];
  return out;
}

TEST(objections, are_twenty_and_what_goes_on_from_them) {
  std::set<std::string> ids;
  for (const Objection& o : objections()) {
    EXPECT_FALSE(o.argued.empty()) << o.id;
    EXPECT_TRUE(ids.emplace(o.id).second) << o.id;
  }
  for (int n = 1; n <= 20; ++n) EXPECT_TRUE(ids.contains("O" + std::to_string(n))) << n;
}

// Who has the memmap in every block, as merged and as Hocko would have had it.
TEST(objections, merged_against_early_in_a_kernel_zone) {
  Figures merged = figures("hotplugged_range");
  Figures early = figures("early_kernel_zone");
  EXPECT_EQ(merged["O1"], kHeads);
  EXPECT_EQ(early["O1"], 0);
  EXPECT_EQ(merged["O2"], 4) << "twice on the way online, twice on the way offline";
  EXPECT_EQ(early["O2"], 1);
  EXPECT_EQ(merged["O2c"], 0);
  EXPECT_EQ(early["O2c"], 2 * kHeads);
  EXPECT_EQ(merged["O3"], 2 * 2 * kHeads) << "two devices, two cycles";
  EXPECT_EQ(early["O3"], 0);
  EXPECT_EQ(merged["O3b"], 2 * kBlocks) << "to Normal and back";
  EXPECT_EQ(early["O3b"], 0);
  EXPECT_GT(*merged["O4"], 2 * kHeads * 10) << "10 s until somebody brings the first online";
  EXPECT_LT(*merged["O4"], 2 * kHeads * 13);
  EXPECT_EQ(early["O4"], 0);
  EXPECT_EQ(early["O5"], 2 * kHeads) << "both devices, before any block is online";
  EXPECT_EQ(early["O7"], 2 * kHeads * 4096);
  for (const char* none : {"O5", "O6", "O7", "O8", "O10", "O11", "O11b"})
    EXPECT_EQ(merged[none], 0) << none;
  EXPECT_GT(*early["O8"], 0);
  EXPECT_EQ(early["O10"], kBlocks) << "those of ZONE_MOVABLE";
  EXPECT_EQ(merged["O16"], 2 * 3 * kHeads);
  EXPECT_EQ(early["O16"], 0);
}

// The look-up finds what the other loses, the ends of the zone among it.
TEST(objections, lookup_differs_from_early_in_what_is_found) {
  const Figures early = figures("early_kernel_zone");
  for (const auto& [id, value] : figures("early_kernel_zone_lookup")) {
    if (id == "O5" || id == "O8")
      EXPECT_EQ(value, 0) << id;
    else
      EXPECT_EQ(value, early.at(id)) << id;
  }
}

TEST(objections, packing_keeps_gigantic_pages_and_ties_the_device_together) {
  Figures packed = figures("per_device");
  EXPECT_EQ(packed["O1"], kHeads);
  EXPECT_EQ(packed["O11"], 2 * 2) << "256 MiB of memmap a device";
  EXPECT_EQ(packed["O12"], 16.0 * kGiB);
  EXPECT_EQ(packed["O13"], 15);
  // ACPI takes blocks offline from the lowest: the first holds the memmap of the 126 that are left.
  EXPECT_EQ(packed["O6"], (kBlocks - 2) * 32768);
  Figures unit = figures("altmap_unit");
  EXPECT_EQ(unit["O6"], 0) << "all go at once";
  EXPECT_EQ(unit["O12"], 16.0 * kGiB);
  EXPECT_EQ(unit["O13"], 15);
  Figures grouped = figures("grouped");
  EXPECT_EQ(grouped["O12"], 8.0 * kGiB);
  EXPECT_EQ(grouped["O13"], 14);
  EXPECT_EQ(grouped["O11b"], 2) << "ACPI tries the first block of either group too early";
  Figures large = figures("hotplugged_range", {"kernel.memory_block_size=device"});
  for (const char* same : {"O1", "O11", "O12", "O13", "O18"})
    EXPECT_EQ(large[same], packed[same]) << same << ": a block as large as the device";
}

TEST(objections, boot_memory_has_none_of_heads_and_takes_what_is_there) {
  Figures boot = figures("boot_memory");
  for (const char* none : {"O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O10", "O11", "O16"})
    EXPECT_EQ(boot[none], 0) << none;
  EXPECT_EQ(boot["O13"], 16);
  EXPECT_EQ(boot["O14"], 2 * kBlocks);
  EXPECT_NEAR(*boot["O20"], 64, 0.2);
  EXPECT_GT(*figures("hotplugged_range")["O20"], 10'000);
  EXPECT_NEAR(*figures("boot_reservation")["O20"], 64, 0.2);
}

// From 7.4 on pages are counted: only zones that interleave have holes.
TEST(objections, contiguity_tells_placements_apart_once_it_is_counted) {
  const std::vector<std::string> counted{"kernel.profile.contiguity_walk=counter",
                                         "hotplug.0.unplug=false"};
  EXPECT_EQ(figures("hotplugged_range", counted)["O9"], 0);
  EXPECT_EQ(figures("early_kernel_zone", counted)["O9"], 2)
      << "Normal and Movable of the first node hold each other's pages";
  EXPECT_EQ(figures("boot_memory", counted)["O9"], 0);
}

}  // namespace
}  // namespace mhp::run::objections_test
