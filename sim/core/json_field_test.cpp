#include "sim/core/json_field.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sim/core/json_text.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp {
namespace {

using nlohmann::json;

template <class Ask>
std::string refused(Ask ask) {
  try {
    ask();
  } catch (const BadJson& e) {
    return e.what();
  }
  return "taken";
}

TEST(json_field, each_type_is_taken_as_itself_and_refused_as_any_other) {
  const json all = json::parse(R"({"text":"a","integer":7,"number":1.5,"flag":true,"list":[1],
                                   "object":{},"null":null})");
  const JsonField root(all, "");
  const auto taken_by = [&](auto ask) {
    std::string names;
    for (const auto& [name, field] : root.members())
      if (refused([&, f = field] { ask(f); }) == "taken") names += name + " ";
    return names;
  };
  EXPECT_EQ(taken_by([](const JsonField& f) { f.text(); }), "text ");
  EXPECT_EQ(taken_by([](const JsonField& f) { f.integer(); }), "integer ");
  EXPECT_EQ(taken_by([](const JsonField& f) { f.counter(); }), "integer ");
  EXPECT_EQ(taken_by([](const JsonField& f) { f.number(10); }), "integer number ");
  EXPECT_EQ(taken_by([](const JsonField& f) { f.flag(); }), "flag ");
  EXPECT_EQ(taken_by([](const JsonField& f) { f.elements(); }), "list ");
  EXPECT_EQ(taken_by([](const JsonField& f) { f.members(); }), "object ");
  EXPECT_EQ(taken_by([](const JsonField& f) { f.find("x"); }), "object ");
}

TEST(json_field, what_is_wrong_says_where) {
  const json file = json::parse(R"({"steps":[{"op":{}},{"op":"x","n":99999999999999999999}]})");
  const JsonField steps = JsonField(file, "").at("steps");
  EXPECT_EQ(refused([&] { steps.element(0).at("op").text(); }),
            "steps[0].op: an object is not a text");
  EXPECT_EQ(refused([&] { steps.element(1).at("n").integer(); }),
            "steps[1].n: 1e+20 is not a whole number");
  EXPECT_EQ(refused([&] { steps.element(1).at("of"); }), "steps[1]: there is no 'of'");
  EXPECT_EQ(refused([&] { steps.element(2); }), "steps: it has 2 elements");
}

TEST(json_field, numbers_out_of_range_are_shown_with_the_range) {
  const json all = json::parse(
      R"({"small":-3,"large":18446744073709551615,"counter":9223372036854775807,"share":-0.5})");
  const JsonField root(all, "");
  EXPECT_EQ(refused([&] { root.at("small").integer(0, 10); }), "small: -3 is not 0 to 10");
  EXPECT_EQ(refused([&] { root.at("large").integer(0, 10); }),
            "large: 18446744073709551615 is not 0 to 10")
      << "it is not taken for -1";
  EXPECT_EQ(root.at("large").counter(), -1) << "a counter that was printed without its sign";
  EXPECT_EQ(refused([&] { root.at("counter").counter(); }),
            "counter: 9223372036854775807 is no counter");
  EXPECT_EQ(refused([&] { root.at("share").number(1); }), "share: -0.5 is not 0 to 1");
  EXPECT_EQ(refused([&] { root.at("large").number(1); }),
            "large: 18446744073709551615 is not 0 to 1");
}

TEST(json_field, values_are_shown_in_a_line_and_not_at_length) {
  const json all = json::parse(R"({"list":[1,2],"long":")" + std::string(50, 'x') + R"("})");
  const JsonField root(all, "");
  EXPECT_EQ(refused([&] { root.at("list").flag(); }), "list: a list is not true or false");
  EXPECT_EQ(refused([&] { root.at("long").flag(); }),
            "long: \"" + std::string(39, 'x') + "... is not true or false");
  EXPECT_EQ(refused([&] { root.at("list").element(0).element(0); }), "list[0]: 1 is not a list");
  EXPECT_EQ(refused([&] { root.at("list").at("x"); }), "list: a list is not an object");
  EXPECT_EQ(refused([&] { JsonField(all["list"], "").members(); }), "a list is not an object");
}

TEST(json_field, a_word_is_one_of_those_that_are_known) {
  const json all = json::parse(R"({"op":"online","other":"away"})");
  const JsonField root(all, "");
  const std::vector<std::string> known{"online", "offline"};
  EXPECT_EQ(root.at("op").word(known), "online");
  EXPECT_EQ(refused([&] { root.at("other").word(known); }),
            "other: \"away\" is none of online, offline");
}

std::string parsed(std::string_view text) {
  const auto read = parse_json(text, {"f.json", 1, 1}, "list");
  return read ? "taken" : read.error().front().text();
}

TEST(json_text, broken_json_is_told_with_line_and_column_in_characters) {
  EXPECT_EQ(parsed("{\"\xc2\xb5\": [1, 2]}"), "taken");
  EXPECT_EQ(parsed("{\"a\": 1,\n \"\xc2\xb5s\" 2}"), "f.json:2:7: list: the JSON is broken here");
  EXPECT_EQ(parsed("[\"caf\xe9\"]"), "f.json:1:7: list: the text is not UTF-8 here");
  EXPECT_EQ(parsed("[1e999]"), "f.json:1:1: list: the JSON has a number that cannot be");
  EXPECT_EQ(parsed(""), "f.json:1:1: list: the JSON is broken here");
}

TEST(json_text, nesting_is_limited_on_both_sides_of_the_edge) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(parsed(nested(64)), "taken");
  EXPECT_EQ(parsed(nested(65)), "f.json:1:1: this is no list: nested too deeply");
  EXPECT_EQ(parsed(nested(1'000'000)), "f.json:1:1: this is no list: nested too deeply");
  EXPECT_EQ(parsed("[\"" + std::string(100, '[') + "\\\"\"]"), "taken");
}

TEST(json_text, a_file_has_a_largest_size) {
  const ScratchFolder folder;
  const std::string path = folder.path("a.json");
  std::ofstream(path) << std::string(std::size_t{1} << 20, ' ') << "1";
  EXPECT_TRUE(load_json(path, std::size_t{2} << 20, "list"));
  EXPECT_EQ(load_json(path, std::size_t{1} << 20, "list").error().front().text(),
            path + ": the list is larger than 1 MiB");
}

}  // namespace
}  // namespace mhp
