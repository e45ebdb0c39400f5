// Kernels that are named by their series, and what stands for those without a profile.
#include "sim/config/kernel_profiles.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sim/config/overrides.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::config::kernel_profiles_test {
namespace {

class KernelProfiles : public ::testing::Test {
 protected:
  KernelProfiles() {
    for (const char* series : {"6.1", "6.12", "5.14-rhel9", "7.3"})
      std::ofstream(folder_ / ("linux-" + std::string(series) + ".toml"))
          << "version = \"" << series << "\"\n";
    std::ofstream(folder_ / "notes.toml") << "version = \"9.9\"\n";
  }
  std::string nearest(const char* series) const {
    const auto found = nearest_kernel_profile(series, folder_.string());
    return found ? found->name : "none";
  }
  /// What a scenario in the folder that names a kernel so is read with.
  kernel::KernelProfile named(const std::string& profile) const {
    auto root = parse_toml("profile = \"" + profile + "\"\n", (folder_ / "s.toml").string());
    const auto merged = merge_kernel_profile(*root, "profile");
    EXPECT_TRUE(merged) << merged.error().front().text();
    auto read = read_kernel_profile(*root->find("profile"));
    EXPECT_TRUE(read);
    return *read;
  }

  ScratchFolder scratch_;
  const std::filesystem::path folder_ = scratch_.path();
};

TEST_F(KernelProfiles, are_ordered_by_number_not_by_letter) {
  std::vector<std::string> names;
  for (const auto& file : kernel_profile_files(folder_.string())) names.push_back(file.name);
  EXPECT_EQ(names, (std::vector<std::string>{"5.14-rhel9", "6.1", "6.12", "7.3"}));
}

TEST_F(KernelProfiles, a_kernel_without_one_has_the_newest_before_it) {
  EXPECT_EQ(nearest("6.12"), "6.12");
  EXPECT_EQ(nearest("6.12.117"), "6.12") << "a stable release is of its series";
  EXPECT_EQ(nearest("6.9"), "6.1");
  EXPECT_EQ(nearest("6.14"), "6.12");
  EXPECT_EQ(nearest("5.14"), "5.14-rhel9");
  EXPECT_EQ(nearest("8.0"), "7.3");
  EXPECT_EQ(nearest("4.18"), "5.14-rhel9") << "before all: the oldest";
  EXPECT_EQ(nearest("six"), "none");
  EXPECT_EQ(nearest("6"), "none");
}

TEST_F(KernelProfiles, a_file_that_is_not_there_is_replaced_and_says_so) {
  const auto own = named("linux-6.12.toml");
  EXPECT_EQ(own.version, "6.12");
  EXPECT_EQ(kernel_note(own), "");
  const auto other = named("linux-6.9.toml");
  EXPECT_EQ(other.version, "6.1");
  EXPECT_EQ(kernel_note(other), "kernel 6.9 has no profile: the rules of 6.1 hold");
}

TEST_F(KernelProfiles, what_is_neither_a_series_nor_a_file_is_told_where_it_stands) {
  const Location where{"s.toml", 7, 3};
  for (const char* text : {"6.x", "six"}) {
    Value kernel{Value::Table{{"profile", Value{std::string(text), where}, where}}, where};
    const auto merged = merge_kernel_profile(kernel, "profile");
    ASSERT_FALSE(merged);
    EXPECT_EQ(
        merged.error().front().text(),
        std::string("s.toml:7:3: '") + text +
            "' is no kernel series, and no file; for example \"6.12\": see mhpsim list kernels");
  }
}

TEST_F(KernelProfiles, a_series_alone_names_one_that_ships) {
  EXPECT_EQ(named("6.12").version, "6.12");
  EXPECT_EQ(kernel_note(named("6.12")), "");
  const auto newer = named("6.13");
  EXPECT_EQ(newer.version, "6.12");
  EXPECT_EQ(newer.taken_for, "6.13");
  const auto read = load_nearest_kernel_profile("6.13", shipped_kernel_profiles());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->taken_for, "6.13");
  EXPECT_FALSE(load_nearest_kernel_profile("?", shipped_kernel_profiles()));
}

TEST_F(KernelProfiles, a_scenario_keeps_what_it_asked_for) {
  const auto scenario =
      load_scenario(MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml", {"kernel.profile=6.13"});
  ASSERT_TRUE(scenario) << scenario.error().front().text();
  EXPECT_EQ(scenario->profile.taken_for, "6.13");
  EXPECT_NE(scenario->resolved_text.find("taken_for = \"6.13\""), std::string::npos);
  // A series is no number: 6.10 is not 6.1.
  const auto ten =
      load_scenario(MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml", {"kernel.profile=6.10"});
  ASSERT_TRUE(ten) << ten.error().front().text();
  EXPECT_EQ(ten->profile.version, "6.8");
  EXPECT_EQ(ten->profile.taken_for, "6.10");
}

TEST_F(KernelProfiles, what_names_neither_a_file_nor_a_series_is_an_error) {
  auto root = parse_toml("profile = \"no.toml\"\n", (folder_ / "s.toml").string());
  EXPECT_FALSE(merge_kernel_profile(*root, "profile"));
}

// Every rule is stated in every file that ships, with the place in the kernel that it comes from.
TEST(ShippedKernelProfiles, state_every_rule_and_its_source) {
  const auto files = kernel_profile_files(shipped_kernel_profiles());
  ASSERT_GE(files.size(), 13u);
  for (const auto& file : files) {
    std::vector<ParamValue> used;
    const auto profile = load_kernel_profile(file.path, &used);
    ASSERT_TRUE(profile) << file.path;
    EXPECT_EQ(profile->version, file.name);
    for (const ParamValue& value : used) {
      if (value.name == "version" || value.name == "evidence" || value.name == "taken_for")
        continue;
      EXPECT_FALSE(value.is_default) << file.name << ": " << value.name;
      EXPECT_FALSE(value.source.empty()) << file.name << ": " << value.name;
      EXPECT_FALSE(value.basis.empty()) << file.name << ": " << value.name;
    }
  }
}

}  // namespace
}  // namespace mhp::config::kernel_profiles_test
