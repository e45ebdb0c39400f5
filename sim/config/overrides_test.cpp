#include "sim/config/overrides.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "sim/config/toml_source.hpp"

namespace mhp::config::overrides_test {
namespace {

Value scenario() {
  return *parse_toml(
      "machine = 'm.toml'\n"
      "[kernel]\nversion = '6.8'\norders = [0, 9]\nempty = []\n"
      "[[hotplug]]\nsize = '1GiB'\n[[hotplug]]\nsize = '2GiB'\n",
      "s.toml");
}

std::string error_of(std::string_view setting, int nth = 1) {
  Value root = scenario();
  const Result<void> result = apply_override(root, setting, nth);
  return result ? "accepted" : result.error().front().text();
}

/// The value that `setting` puts at hotplug.1.size.
Value set_to(const std::string& value) {
  Value root = scenario();
  EXPECT_TRUE(apply_override(root, "hotplug.1.size=" + value, 1));
  return *(*root.find("hotplug")->array())[1].find("size");
}

TEST(apply_override, replaces_a_value_in_a_table_and_in_an_array) {
  Value root = scenario();
  ASSERT_TRUE(apply_override(root, "kernel.version=6.9-rc1", 1));
  ASSERT_TRUE(apply_override(root, "hotplug.0.size=3GiB", 2));
  ASSERT_TRUE(apply_override(root, "hotplug[1].size=4GiB", 3));
  ASSERT_TRUE(apply_override(root, "kernel.orders[1]=10", 4));
  EXPECT_EQ(*root.find("kernel")->find("version")->string(), "6.9-rc1");
  const Value::Array& hotplug = *root.find("hotplug")->array();
  EXPECT_EQ(*hotplug[0].find("size")->string(), "3GiB");
  EXPECT_EQ(*hotplug[1].find("size")->string(), "4GiB");
  EXPECT_EQ(std::get<std::int64_t>((*root.find("kernel")->find("orders")->array())[1].data), 10);
}

TEST(apply_override, a_star_sets_every_element_of_an_array) {
  Value root = scenario();
  ASSERT_TRUE(apply_override(root, "hotplug.*.size=3GiB", 1));
  ASSERT_TRUE(set_value(root, "hotplug.*.count", Value{std::int64_t{5}, {}}));
  for (const Value& element : *root.find("hotplug")->array()) {
    EXPECT_EQ(*element.find("size")->string(), "3GiB");
    EXPECT_EQ(std::get<std::int64_t>(element.find("count")->data), 5);
  }
  for (const char* none : {"kernel.*.x=1", "kernel.empty.*.x=1", "nothing.*.x=1"})
    EXPECT_NE(error_of(none).find("'*'"), std::string::npos) << none << ": " << error_of(none);
  for (const char* no_path : {"hotplug.*=1", "*.size=1", "hotplug.0*.size=1", "hotplug[*].size=1"})
    EXPECT_NE(error_of(no_path).find("is no path"), std::string::npos) << no_path;
}

TEST(matches_path, a_star_stands_for_an_index) {
  EXPECT_TRUE(matches_path("hotplug.*.size", "hotplug.12.size"));
  EXPECT_TRUE(matches_path("seed", "seed"));
  EXPECT_FALSE(matches_path("hotplug.*.size", "hotplug.0.sizes"));
  EXPECT_FALSE(matches_path("hotplug.*.size", "hotplug.size"));
  EXPECT_FALSE(matches_path("hotplug.*.size", "hotplug.0.size.x"));
  EXPECT_FALSE(matches_path("costs.*.cpu", "costs.tlb_flush.cpu"));
  EXPECT_FALSE(matches_path("hotplug.0", "hotplug.0.size"));
}

TEST(apply_override, a_toml_value_keeps_its_kind_and_anything_else_is_a_string) {
  EXPECT_EQ(std::get<std::int64_t>(set_to("12").data), 12);
  EXPECT_EQ(std::get<std::int64_t>(set_to("0x10").data), 16);
  EXPECT_EQ(std::get<double>(set_to("1.5").data), 1.5);
  EXPECT_TRUE(std::get<bool>(set_to("true").data));
  EXPECT_EQ(set_to("[1, 2]").array()->size(), 2u);
  EXPECT_EQ(set_to("{a = 1}").table()->size(), 1u);
  EXPECT_EQ(*set_to("\"12\"").string(), "12");
  EXPECT_EQ(*set_to("12GiB").string(), "12GiB");
  EXPECT_EQ(*set_to("help").string(), "help");
  EXPECT_EQ(*set_to("a=b").string(), "a=b");
  EXPECT_EQ(*set_to("").string(), "");
  EXPECT_EQ(*set_to("1979-05-27").string(), "1979-05-27");
}

TEST(apply_override, a_second_line_cannot_smuggle_in_a_second_key) {
  EXPECT_EQ(*set_to("1\nother = 2").string(), "1\nother = 2");
}

TEST(apply_override, values_say_which_option_they_came_from) {
  Value root = scenario();
  ASSERT_TRUE(apply_override(root, "kernel.orders=[7]", 3));
  const Value& orders = *root.find("kernel")->find("orders");
  EXPECT_EQ((Diagnostic{orders.where, "x", ""}.text()), "--set:3: x");
  EXPECT_EQ((Diagnostic{orders.array()->front().where, "x", ""}.text()), "--set:3: x");
}

TEST(apply_override, new_keys_and_tables_are_made_for_the_schema_to_judge) {
  Value root = scenario();
  ASSERT_TRUE(apply_override(root, "kernel.memmap.placement=help", 5));
  const Value* memmap = root.find("kernel")->find("memmap");
  ASSERT_NE(memmap, nullptr);
  EXPECT_EQ(*memmap->find("placement")->string(), "help");
  EXPECT_EQ(memmap->where.file, kOverrideFile);
  EXPECT_EQ(memmap->table()->front().where.line, 5);
}

TEST(apply_override, an_index_past_the_end_is_an_error_and_the_last_is_none) {
  EXPECT_EQ(error_of("hotplug.1.size=1GiB"), "accepted");
  EXPECT_EQ(error_of("hotplug.2.size=1GiB", 4),
            "--set:4: hotplug has no element 2; its elements are hotplug.0 to hotplug.1");
  EXPECT_EQ(error_of("kernel.empty.0=1"),
            "--set:1: kernel.empty has no element 0; kernel.empty is empty");
  EXPECT_EQ(error_of("hotplug.size=1GiB"),
            "--set:1: hotplug is an array and 'size' is no index; its elements are hotplug.0 to "
            "hotplug.1");
  EXPECT_EQ(error_of("hotplug.99999999999999999999.size=1"),
            "--set:1: hotplug is an array and '99999999999999999999' is no index; its elements are "
            "hotplug.0 to hotplug.1");
}

TEST(apply_override, a_scalar_has_no_members) {
  EXPECT_EQ(
      error_of("kernel.version.major=6"),
      "--set:1: kernel.version is a string and has no member 'major'; set kernel.version itself");
}

TEST(apply_override, the_form_is_checked) {
  EXPECT_EQ(error_of("kernel.version"),
            "--set:1: 'kernel.version' has no '='; write it as --set a.b.c=value");
  for (const char* path :
       {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[0", "a]", "[0]", "a[0]b", "a b"})
    EXPECT_EQ(error_of(std::string(path) + "=1"),
              "--set:1: '" + std::string(path) +
                  "' is no path of a value; write it as --set a.b.c=value");
}

TEST(apply_override, broken_toml_is_no_string) {
  EXPECT_EQ(
      error_of("kernel.orders=[1, 2"),
      "--set:1: '[1, 2' is not valid TOML: array: encountered end-of-file; a shell needs quotes "
      "around it");
}

}  // namespace
}  // namespace mhp::config::overrides_test
