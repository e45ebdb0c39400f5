#include "sim/core/data_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "sim/core/scratch_folder.hpp"

namespace mhp {
namespace {

namespace fs = std::filesystem;

/// A folder of its own with two installed places.
class DataFolder : public testing::Test {
 protected:
  DataFolder() {
    fs::create_directories(here_ / "usr/bin");
    fs::create_directories(installed() + "/configs");
    fs::create_directories(here_ / "told/configs");
  }

  std::string installed() const { return (here_ / "usr/share/mhpsim").string(); }
  std::string program() const { return (here_ / "usr/bin/mhpsim").string(); }
  std::string told() const { return (here_ / "told").string(); }

  ScratchFolder scratch_;
  const fs::path here_ = scratch_.path();
};

TEST_F(DataFolder, a_program_that_was_installed_finds_what_was_installed_with_it) {
  EXPECT_EQ(choose_data_folder({"", "", program()}), installed());
}

TEST_F(DataFolder, what_is_told_goes_before_the_programs_own_place) {
  EXPECT_EQ(choose_data_folder({"", told(), program()}), told());
}

TEST_F(DataFolder, what_is_told_and_has_no_configs_is_passed_over) {
  EXPECT_EQ(choose_data_folder({"", (here_ / "usr").string(), program()}), installed());
}

TEST_F(DataFolder, the_variable_goes_before_all_and_is_taken_as_it_stands) {
  EXPECT_EQ(choose_data_folder({"/nowhere", told(), program()}), "/nowhere");
}

TEST_F(DataFolder, a_program_of_a_build_tree_has_the_source_tree) {
  EXPECT_EQ(choose_data_folder({"", "", (here_ / "mhpsim").string()}), MHP_SOURCE_DIR);
  EXPECT_EQ(choose_data_folder({}), MHP_SOURCE_DIR);
}

TEST_F(DataFolder, this_test_finds_the_configs) {
  EXPECT_TRUE(fs::is_directory(shipped("configs/scenarios")));
}

}  // namespace
}  // namespace mhp
