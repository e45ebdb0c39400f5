#include "sim/record/dataset.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "sim/record/tests/miniature.hpp"

namespace mhp::record::dataset_test {
namespace {

using Integers = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;

FileContent one_group() {
  FileContent file;
  file.group("zones").coordinate("node", Integers{0, 1}, "1", "NUMA node");
  return file;
}

// The only problem of `file`, or how many there are.
std::string only_problem(const FileContent& file) {
  const Diagnostics found = validate(file, "x.h5");
  if (found.size() != 1) return std::to_string(found.size()) + " problems";
  EXPECT_EQ(found[0].where.file, "x.h5");
  return found[0].problem;
}

// The only problem of a file with one text in the place where users' words go.
std::string problem_of_text(const std::string& text) {
  FileContent file = one_group();
  file.groups[0].text("resolved_config", text, "the configuration");
  return only_problem(file);
}

TEST(Dataset, the_miniature_is_valid) {
  EXPECT_EQ(only_problem(miniature()), "0 problems");
  EXPECT_EQ(only_problem(without_operations()), "0 problems");
}

TEST(Dataset, an_axis_needs_a_coordinate_in_its_own_group) {
  FileContent file = one_group();
  file.group("buddy").variable("free", {"node"}, Integers{1, 2}, "page", "free pages");
  EXPECT_EQ(only_problem(file), "dataset /buddy/free has an axis node without coordinate");
}

TEST(Dataset, the_number_of_values_is_the_product_of_the_axes) {
  for (const std::size_t count : {3U, 4U, 5U}) {
    FileContent file = one_group();
    file.groups[0]
        .coordinate("node_to", Integers{0, 1}, "1", "NUMA node")
        .variable("distance", {"node", "node_to"}, Integers(count, 10), "1", "SLIT distance");
    EXPECT_EQ(only_problem(file), count == 4
                                      ? "0 problems"
                                      : "dataset /zones/distance has " + std::to_string(count) +
                                            " values, but its axes (node, node_to) make 4");
  }
}

TEST(Dataset, every_dataset_has_units_and_a_long_name) {
  FileContent file = one_group();
  file.groups[0].variable("free", {"node"}, Integers{1, 2}, "", "free pages");
  EXPECT_EQ(only_problem(file), "dataset /zones/free has no units");
  file.groups[0].variables[0].units = "page";
  file.groups[0].variables[0].long_name.clear();
  EXPECT_EQ(only_problem(file), "dataset /zones/free has no long_name");
}

TEST(Dataset, names_are_unique_among_groups_datasets_and_attributes) {
  FileContent file = one_group();
  file.groups[0].variable("node", {"node"}, Integers{1, 2}, "1", "the same again");
  file.group("zones");
  file.attribute("seed", std::int64_t{1}).attribute("seed", std::int64_t{1});
  EXPECT_EQ(validate(file, "x.h5").size(), 3U);
}

TEST(Dataset, names_are_letters_digits_and_underscores) {
  for (const char* name : {"a/b", "", "9lives", "two words", "_FillValue", "Zone_a9"}) {
    FileContent file = one_group();
    file.groups[0].text(name, "x", "a text");
    EXPECT_EQ(validate(file, "x.h5").empty(), std::string(name) == "Zone_a9") << name;
  }
}

TEST(Dataset, a_name_has_up_to_200_letters) {
  FileContent file = one_group();
  file.groups[0].text(std::string(200, 'a'), "x", "a text");
  EXPECT_EQ(only_problem(file), "0 problems");
  file.groups[0].variables[0].name += 'a';
  EXPECT_EQ(validate(file, "x.h5").size(), 1U);
}

TEST(Dataset, a_flag_has_a_meaning) {
  FileContent file = one_group();
  file.groups[0].variable("kind", {"node"}, Flags{{0, 1}, {"add"}}, "1", "kind");
  EXPECT_EQ(only_problem(file), "dataset /zones/kind holds the flag 1, which has no meaning");
  std::get<Flags>(file.groups[0].variables[0].data).meanings.push_back("online");
  EXPECT_EQ(only_problem(file), "0 problems");
}

TEST(Dataset, a_flag_meaning_is_one_word) {
  FileContent file = one_group();
  file.groups[0].variable("kind", {"node"}, Flags{{0, 0}, {"hot add"}}, "1", "kind");
  EXPECT_EQ(only_problem(file),
            "dataset /zones/kind has a flag meaning that is not one word of letters, digits and "
            "_-.+@");
}

TEST(Dataset, text_is_utf8_without_nul) {
  const std::string refused =
      "dataset /zones/resolved_config holds a string that is not UTF-8 text without NUL";
  // The first and last code points of each length, and around the surrogates.
  for (const char* text :
       {"", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(problem_of_text(text), "0 problems") << text;
  }
  // Continuation alone, cut short, overlong, surrogate, above U+10FFFF.
  for (const char* text : {"\x80", "\xC2", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "a\xFF"}) {
    EXPECT_EQ(problem_of_text(text), refused);
  }
  EXPECT_EQ(problem_of_text(std::string("a\0b", 3)), refused);
}

TEST(Dataset, a_text_attribute_holds_up_to_60000_bytes) {
  FileContent file = one_group();
  file.attribute("title", std::string(60'000, 'x'));
  EXPECT_EQ(only_problem(file), "0 problems");
  file.attributes[0].value = std::string(60'001, 'x');
  EXPECT_EQ(only_problem(file), "attribute title of the file is longer than 60000 bytes");
}

TEST(Dataset, a_variable_has_attributes_of_its_own_but_none_that_has_a_meaning) {
  FileContent file = one_group();
  file.groups[0].variable("free", {"node"}, Integers{1, 2}, "page", "free pages",
                          {{"better", "higher"}, {"count", std::int64_t{2}}});
  EXPECT_EQ(only_problem(file), "0 problems");
  for (const char* name : {"units", "long_name", "flag_meanings", "CLASS", "DIMENSION_LIST"}) {
    file.groups[0].variables[0].attributes[0].name = name;
    EXPECT_EQ(only_problem(file), std::string("dataset /zones/free has an attribute ") + name +
                                      ", which has a meaning of its own");
  }
  file.groups[0].variables[0].attributes[0].name = "count";
  EXPECT_EQ(only_problem(file),
            "attribute count of dataset /zones/free has a name that is taken already");
}

TEST(Dataset, a_difference_is_named) {
  const FileContent original = miniature();
  FileContent changed = original;
  EXPECT_EQ(first_difference(original, changed), "");  // /memmap/init_share holds a NaN
  std::get<Integers>(changed.groups[0].variables[0].data)[5] = 6;
  EXPECT_EQ(first_difference(original, changed), "zones/nr_free_pages: value 5 is '6' and not '5'");
  changed = original;
  std::get<std::vector<double>>(changed.groups[3].variables[2].data)[1] = 0.0;
  EXPECT_EQ(first_difference(original, changed), "hotplug/slowdown: value 1 is 0 and not -0");
  changed = original;
  std::get<Strings>(changed.groups[3].variables[3].data).pop_back();
  EXPECT_EQ(first_difference(original, changed),
            "hotplug/failure_reason: there are 1 values and not 2");
  changed = original;
  changed.groups[2].variables[1].attributes[0].value = "higher";
  EXPECT_EQ(first_difference(original, changed), "memmap/placement: attribute better differs");
  changed = original;
  changed.groups.pop_back();
  EXPECT_EQ(first_difference(original, changed), "there are 4 groups and not 5");
  changed = original;
  changed.attributes[3].value = std::int64_t{43};
  EXPECT_EQ(first_difference(original, changed), "attribute seed differs");
}

}  // namespace
}  // namespace mhp::record::dataset_test
