// Every rule in which two recorded kernels differ shows in a recording of one of them: replayed
// with the other's rule it is not exact any more.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "analysis/validation/captures/known_misses.hpp"
#include "analysis/validation/captures/replay.hpp"
#include "sim/config/scenario.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::validation::rules_test {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = MHP_SOURCE_DIR;
const fs::path kRecordings = kRoot / "analysis/validation/captures/recordings";

/// Rules that no recording shows, and what holds them instead.
const std::map<std::string, std::string> kHeldElsewhere{
    {"offline_sees_order0_slab",
     "node_memory_test.cpp: it ends in EINTR, which the log does not show"},
    {"lru_gen", "mglru_test.cpp: no recording of these is under pressure"},
    {"free_pages_reclaimable", "kswapd_test.cpp: how often a request tries in vain shows nowhere"},
    {"hv_balloon_adds_blocks", "where_memory_lies_test.cpp: no recording has the driver"},
    {"hugetlb_vmemmap", "vmemmap_optimizer_test.cpp: no recording has the option"},
    {"memmap_on_memory_dax_kmem", "adder_test.cpp: no recording has the driver"},
    {"pages_checked_under_zone_lock", "receipt_test.cpp: it changes times alone"},
    {"virtio_mem_retries_removal", "virtio_mem_test.cpp: no recording has a removal that failed"}};

/// The lines of a profile that state a rule, by its name.
std::map<std::string, std::string> rules_of(const std::string& series) {
  std::ifstream in(kRoot / fmt::format("configs/kernels/linux-{}.toml", series));
  std::map<std::string, std::string> rules;
  for (std::string line; std::getline(in, line);) {
    const auto end = line.find(" = ");
    if (end == std::string::npos || line.starts_with('#')) continue;
    const std::string name = line.substr(0, end);
    const bool about = name.ends_with("_source") || name.ends_with("_basis") || name == "basis" ||
                       name == "source" || name == "version" || name == "evidence";
    if (!about) rules[name] = line;
  }
  return rules;
}

kernel::KernelProfile with_rule(const std::string& series, const std::string& own,
                                const std::string& other) {
  const fs::path path = kRoot / fmt::format("configs/kernels/linux-{}.toml", series);
  std::ifstream in(path);
  std::string text;
  for (std::string line; std::getline(in, line);) text += (line == own ? other : line) + "\n";
  const ScratchFolder folder;
  const std::string changed = folder.path("linux.toml");
  std::ofstream(changed) << text;
  auto profile = config::load_kernel_profile(changed);
  EXPECT_TRUE(profile.has_value()) << (profile ? "" : profile.error().front().text());
  return *profile;
}

/// The captures of a kernel that are exact by its own profile.
std::vector<Capture> captures_of(const std::string& series) {
  const auto missed = load_known_misses(kRecordings.string());
  std::vector<Capture> captures;
  for (const auto& entry : fs::directory_iterator(kRecordings)) {
    if (entry.path().extension() != ".json" || missed->contains(entry.path().stem().string()))
      continue;
    auto capture = load_capture(entry.path().string());
    if (capture && capture->series() == series) captures.push_back(std::move(*capture));
  }
  return captures;
}

class Rules : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Rules, in_which_kernels_differ_show_in_recordings) {
  const auto& [older, newer] = GetParam();
  const auto old_rules = rules_of(older), new_rules = rules_of(newer);
  const auto captures = captures_of(newer), others = captures_of(older);
  ASSERT_FALSE(captures.empty() && others.empty());
  std::size_t shown = 0;
  for (const auto& [name, line] : new_rules) {
    ASSERT_TRUE(old_rules.contains(name)) << name;
    if (old_rules.at(name) == line) continue;
    const auto shows = [](const std::vector<Capture>& in, const kernel::KernelProfile& profile) {
      return std::any_of(in.begin(), in.end(), [&](const Capture& capture) {
        return replay(capture, profile).verdict() != Verdict::exact;
      });
    };
    const bool found = shows(captures, with_rule(newer, line, old_rules.at(name))) ||
                       shows(others, with_rule(older, old_rules.at(name), line));
    EXPECT_NE(found, kHeldElsewhere.contains(name)) << name;
    shown += found ? 1 : 0;
  }
  EXPECT_GT(shown, 0) << "nothing but what is held elsewhere";
}

INSTANTIATE_TEST_SUITE_P(between, Rules,
                         ::testing::Values(std::pair{"6.1", "6.12"}, std::pair{"6.12", "6.17"},
                                           std::pair{"6.18", "7.3"}),
                         [](const auto& pair) {
                           std::string name =
                               fmt::format("{}_{}", pair.param.first, pair.param.second);
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace mhp::validation::rules_test
