#include "sim/config/merge.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "sim/config/overrides.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::config::merge_test {
namespace {

class merge_reference_test : public testing::Test {
 protected:
  merge_reference_test() {
    std::filesystem::create_directories(folder_ / "scenarios");
    std::filesystem::create_directories(folder_ / "machines");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  /// scenarios/s.toml with the given text.
  Value scenario(const std::string& text) {
    write("scenarios/s.toml", text);
    return *load_toml((folder_ / "scenarios/s.toml").string());
  }

  /// The only error of merging `key`, with the test's folder taken out.
  std::string error(Value& root, const std::string& key) {
    const Result<void> result = merge_reference(root, key);
    if (result || result.error().size() != 1) return "not one error";
    std::string text = result.error().front().text();
    const std::string folder = folder_.string() + "/";
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder))
      text.erase(at, folder.size());
    return text;
  }

  ScratchFolder scratch_;
  const std::filesystem::path folder_ = scratch_.path();
};

TEST_F(merge_reference_test, the_path_is_relative_to_the_file_that_names_it) {
  write("machines/big.toml", "nodes = 8\n");
  Value root = scenario("machine = '../machines/big.toml'\n");
  ASSERT_TRUE(merge_reference(root, "machine"));
  const Value* nodes = root.find("machine")->find("nodes");
  ASSERT_NE(nodes, nullptr);
  EXPECT_EQ(std::get<std::int64_t>(nodes->data), 8);
  EXPECT_EQ(nodes->where.file, (folder_ / "machines/big.toml").string());
}

TEST_F(merge_reference_test, an_absolute_path_and_one_from_the_command_line_are_taken_as_they_are) {
  write("machines/big.toml", "nodes = 8\n");
  const std::string path = (folder_ / "machines/big.toml").string();
  Value root = scenario("machine = '" + path + "'\n");
  EXPECT_TRUE(merge_reference(root, "machine"));
  Value other = scenario("");
  const std::string relative = std::filesystem::relative(path).string();
  ASSERT_TRUE(apply_override(other, "machine=" + relative, 1));
  ASSERT_TRUE(merge_reference(other, "machine"));
  EXPECT_NE(other.find("machine")->find("nodes"), nullptr);
}

TEST_F(merge_reference_test, tables_and_missing_keys_stay_as_they_are) {
  Value root = scenario("[machine]\nnodes = 2\n");
  EXPECT_TRUE(merge_reference(root, "machine"));
  EXPECT_TRUE(merge_reference(root, "kernel"));
  EXPECT_NE(root.find("machine")->find("nodes"), nullptr);
  EXPECT_EQ(root.find("kernel"), nullptr);
}

TEST_F(merge_reference_test, errors_name_the_file_and_who_names_it) {
  write("machines/bad.toml", "nodes = \n");
  Value root = scenario("a = '../machines/none.toml'\nb = '../machines/bad.toml'\nc = 3\n");
  EXPECT_EQ(
      error(root, "a"),
      "machines/none.toml: cannot be read: No such file or directory; scenarios/s.toml:1:5: a "
      "names it");
  EXPECT_EQ(error(root, "b"),
            "machines/bad.toml:1:9: not valid TOML: key-value pair: expected value, saw '\\n'; "
            "scenarios/s.toml:2:5: b names it");
  EXPECT_EQ(error(root, "c"),
            "scenarios/s.toml:3:5: c must be the name of a file or a table, not an integer");
}

}  // namespace
}  // namespace mhp::config::merge_test
