#include "sim/config/shipped.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/merge.hpp"
#include "sim/config/scenario.hpp"
#include "sim/core/data_folder.hpp"

namespace mhp::config {
namespace {

TEST(Shipped, what_ships_is_listed_by_name_and_says_what_it_is) {
  for (const char* folder : kShippedKinds) {
    const auto files = shipped_files(folder);
    EXPECT_FALSE(files.empty()) << folder;
    EXPECT_TRUE(std::is_sorted(files.begin(), files.end(),
                               [](const auto& a, const auto& b) { return a.name < b.name; }));
    for (const ShippedFile& file : files) {
      EXPECT_FALSE(file.doc.empty()) << file.path;
      EXPECT_EQ(file.doc.find('\n'), std::string::npos) << file.path;
      EXPECT_EQ(find_shipped(file.name, folder), file.path);
    }
  }
}

TEST(Shipped, a_path_of_the_source_tree_is_found_wherever_one_stands) {
  EXPECT_EQ(find_shipped("configs/scenarios/quickstart.toml", "scenarios"),
            shipped("configs/scenarios/quickstart.toml"));
  EXPECT_EQ(find_shipped("configs/scenarios/no-such.toml", "scenarios"),
            "configs/scenarios/no-such.toml");
}

TEST(Shipped, what_is_there_goes_before_what_ships) {
  const std::string here = shipped("configs/scenarios/growth.toml");
  EXPECT_EQ(find_shipped(here, "scenarios"), here);
}

TEST(Shipped, a_name_is_no_path) {
  EXPECT_TRUE(is_plain_name("quickstart"));
  for (const char* path : {"", "quickstart.toml", "./quickstart", "a/b", "/quickstart"})
    EXPECT_FALSE(is_plain_name(path)) << path;
}

TEST(Shipped, a_name_that_is_misspelt_gets_the_nearest) {
  const Diagnostic d = no_such_name({"SCENARIO", 0, 0}, "quikstart", "scenarios");
  EXPECT_NE(d.text().find("did you mean quickstart"), std::string::npos) << d.text();
  EXPECT_NE(no_such_name({}, "zzzzzzzzzz", "studies").text().find("mhpsim list studies"),
            std::string::npos);
}

TEST(Shipped, a_value_may_name_what_ships) {
  const auto by_path = load_scenario(shipped("configs/scenarios/quickstart.toml"),
                                     {"machine=" + shipped("configs/machines/two-node-1t.toml")});
  const auto by_name =
      load_scenario(shipped("configs/scenarios/quickstart.toml"), {"machine=two-node-1t"});
  ASSERT_TRUE(by_path.has_value());
  ASSERT_TRUE(by_name.has_value());
  EXPECT_EQ(by_path->resolved_text, by_name->resolved_text);
}

TEST(Shipped, a_value_that_names_nothing_is_told_what_would_be_right) {
  const auto wrong =
      load_scenario(shipped("configs/scenarios/quickstart.toml"), {"machine=two-node-1"});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_NE(wrong.error().front().text().find("did you mean two-node-1t"), std::string::npos)
      << wrong.error().front().text();
}

}  // namespace
}  // namespace mhp::config
