#include "sim/core/param_standing.hpp"

#include <gtest/gtest.h>

#include "sim/core/params.hpp"

namespace mhp::param_standing_test {
namespace {

struct Prices {
  std::string name = "none";
  SimTime grace{10'000'000};
  Picoseconds line{75'000};
  std::int64_t misses = 16;
  SimTime asked{0};
};

ParamSet<Prices> price_params() {
  return ParamSet<Prices>()
      .add("name", &Prices::name, {.doc = "Name"})
      .add("grace", &Prices::grace, {.doc = "Grace period", .min = SimTime{0}})
      .add("line", &Prices::line, {.doc = "Cost of a line"})
      .add("misses", &Prices::misses,
           {.doc = "In flight", .basis = "derived", .low = 8, .high = 24, .data = {"T-9"}})
      .add("asked", &Prices::asked, {.doc = "Asked for", .basis = "choice"});
}

template <class T>
Value::Member member(std::string key, T data, int line, std::string file = "c.toml") {
  return {std::move(key), Value{std::move(data), {file, line, 9}}, {file, line, 1}};
}
Value::Member text(std::string key, std::string value, int line, std::string file = "c.toml") {
  return member(std::move(key), std::move(value), line, std::move(file));
}
Value::Member range(std::string key, std::string low, std::string high, int line,
                    std::string file = "c.toml") {
  const Location where{file, line, 9};
  return member(std::move(key), Value::Array{{std::move(low), where}, {std::move(high), where}},
                line, file);
}

Value::Member ids(std::string key, const std::vector<std::string>& all, int line,
                  std::string file = "c.toml") {
  Value::Array list;
  for (const std::string& id : all) list.push_back({id, {file, line, 9}});
  return member(std::move(key), std::move(list), line, file);
}

struct Outcome {
  std::vector<ParamValue> used;
  std::vector<std::string> errors;
  const ParamValue& of(const std::string& name) const {
    for (const ParamValue& v : used)
      if (v.name == name) return v;
    ADD_FAILURE() << "no parameter " << name;
    return used.front();
  }
};

Outcome read(Value::Table members) {
  Outcome out;
  Prices prices;
  Diagnostics errors;
  price_params().read(Value{std::move(members), {"c.toml", 1, 1}}, prices, errors, &out.used);
  for (const Diagnostic& d : errors) out.errors.push_back(d.text());
  return out;
}

using Lines = std::vector<std::string>;

TEST(param_standing, a_value_has_the_range_and_basis_that_stand_beside_it) {
  const Outcome o = read({text("basis", "measured", 1), text("grace", "10ms", 2),
                          text("grace_basis", "assumed", 3), range("grace_range", "5ms", "30ms", 4),
                          text("line", "75ns", 5)});
  EXPECT_EQ(o.errors, Lines{});
  EXPECT_EQ(o.of("grace").basis, "assumed");
  ASSERT_TRUE(o.of("grace").range.has_value());
  EXPECT_EQ(o.of("grace").range->low, 5'000'000);
  EXPECT_EQ(o.of("grace").range->high, 30'000'000);
  EXPECT_EQ(o.of("line").basis, "measured") << "the table's own";
  EXPECT_FALSE(o.of("line").range.has_value());
}

TEST(param_standing, a_default_has_what_its_declaration_says) {
  const Outcome o = read({});
  EXPECT_EQ(o.of("misses").basis, "derived");
  EXPECT_EQ(o.of("misses").range->high, 24);
  EXPECT_EQ(o.of("grace").basis, "");
}

TEST(param_standing, what_belongs_to_the_question_is_a_choice_whoever_states_it) {
  const Outcome o = read({text("asked", "1s", 2), member("misses", std::int64_t{9}, 3)});
  EXPECT_EQ(o.of("asked").basis, "choice");
  EXPECT_EQ(o.of("misses").basis, "") << "the default's basis says nothing about another value";
  EXPECT_FALSE(o.of("misses").range.has_value());
}

TEST(param_standing, a_file_does_not_speak_of_what_the_command_line_sets) {
  const Outcome o = read({text("grace", "60ms", 1, "--set"), text("grace_basis", "assumed", 3),
                          range("grace_range", "5ms", "30ms", 4)});
  EXPECT_EQ(o.errors, Lines{}) << "60 ms is outside a range that does not hold for it";
  EXPECT_EQ(o.of("grace").basis, "");
  EXPECT_FALSE(o.of("grace").range.has_value());
}

TEST(param_standing, the_command_line_speaks_of_what_a_file_says) {
  const Outcome o =
      read({text("grace", "10ms", 2), range("grace_range", "10ms", "20ms", 1, "--set")});
  EXPECT_EQ(o.errors, Lines{});
  EXPECT_EQ(o.of("grace").range->high, 20'000'000);
}

TEST(param_standing, the_data_that_set_a_number_are_its_own_or_the_tables_or_the_defaults) {
  using Ids = std::vector<std::string>;
  const Outcome o = read({text("grace", "10ms", 2), ids("grace_data", {"T-1", "T-2"}, 3),
                          text("line", "50ns", 4), ids("data", {"T-3"}, 5)});
  EXPECT_EQ(o.errors, Lines{});
  EXPECT_EQ(o.of("grace").data, (Ids{"T-1", "T-2"}));
  EXPECT_EQ(o.of("line").data, Ids{"T-3"});
  EXPECT_EQ(o.of("misses").data, Ids{"T-9"});
  EXPECT_EQ(o.of("asked").data, Ids{});
}

TEST(param_standing, data_do_not_speak_of_what_the_command_line_sets) {
  const Outcome o = read({text("grace", "60ms", 1, "--set"), ids("grace_data", {"T-1"}, 3)});
  EXPECT_TRUE(o.of("grace").data.empty());
}

TEST(param_standing, data_are_a_list_of_ids) {
  EXPECT_EQ(read({text("grace", "10ms", 2), text("grace_data", "T-1", 3)}).errors,
            Lines{"c.toml:3:9: grace_data must be a list of ids; write [\"ID\", ...], the "
                  "published data that set the number"});
}

TEST(param_standing, the_ends_of_a_range_may_be_the_value) {
  EXPECT_EQ(read({text("grace", "5ms", 2), range("grace_range", "5ms", "5ms", 3)}).errors, Lines{});
}

TEST(param_standing, a_range_must_hold_its_value) {
  const Lines outside{
      "c.toml:3:9: grace is 10 ms, outside its range 11 ms .. 30 ms; the range must hold the "
      "value"};
  EXPECT_EQ(read({text("grace", "10ms", 2), range("grace_range", "11ms", "30ms", 3)}).errors,
            outside);
  EXPECT_EQ(read({text("grace", "10ms", 2), range("grace_range", "30ms", "5ms", 3)}).errors.size(),
            1u)
      << "the wrong way round";
}

TEST(param_standing, a_range_is_two_values_of_the_parameters_type) {
  EXPECT_EQ(read({text("grace", "10ms", 2), text("grace_range", "5ms", 3)}).errors,
            Lines{"c.toml:3:9: grace_range must be two values; write [\"LOW\", \"HIGH\"], as the "
                  "parameter is written"});
  EXPECT_EQ(
      read({text("grace", "10ms", 2), range("grace_range", "5 apples", "30ms", 3)}).errors.size(),
      1u);
  EXPECT_EQ(read({text("name", "x", 2), range("name_range", "a", "z", 3)}).errors,
            Lines{"c.toml:3:9: name is no number, so it has no range; leave it out"});
}

TEST(param_standing, an_unknown_basis_is_answered_with_the_words) {
  EXPECT_EQ(read({text("grace", "10ms", 2), text("grace_basis", "guessed", 3)}).errors,
            Lines{"c.toml:3:9: grace_basis is no basis: 'guessed'; one of: choice, published, "
                  "measured, derived, fitted, assumed"});
  EXPECT_EQ(read({member("basis", true, 3)}).errors,
            Lines{"c.toml:3:9: basis must be a string, not a boolean; say what the number rests "
                  "on"});
}

TEST(param_standing, a_statement_about_nothing_is_an_unknown_key) {
  EXPECT_EQ(read({range("grave_range", "5ms", "30ms", 3)}).errors,
            Lines{"c.toml:3:1: unknown key grave_range; known: name, grace, line, misses, asked"});
}

}  // namespace
}  // namespace mhp::param_standing_test
