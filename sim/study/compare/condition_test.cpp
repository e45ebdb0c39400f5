// What --fail-if takes, what it refuses and where, and what it finds.
#include "sim/study/compare/condition.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace mhp::study {
namespace {

using run::MetricPhase;

const MetricSet kKnown{{"time_to_online", Unit::ns, Better::lower, MetricPhase::online},
                       {"memmap_pages_boot", Unit::page, Better::lower, MetricPhase::add},
                       {"mem_free_delta", Unit::page, Better::higher, MetricPhase::add},
                       {"mem_free_delta", Unit::page, Better::higher, MetricPhase::run},
                       {"usable_bytes", Unit::byte, Better::higher, MetricPhase::run}};

Condition parsed(const std::string& text) {
  auto c = Condition::parse(text, {"--fail-if", 1, 0}, kKnown);
  if (!c) throw std::runtime_error(text + ": " + c.error().front().text());
  return *c;
}

std::string refused(const std::string& text) {
  const auto c = Condition::parse(text, {"--fail-if", 1, 0}, kKnown);
  return c ? "taken" : c.error().front().text();
}

/// Two columns with one metric; nothing for a value that was not reached.
Comparison compared(const std::string& name, Unit unit, MetricPhase phase,
                    const std::vector<std::optional<std::int64_t>>& before,
                    const std::vector<std::optional<std::int64_t>>& after) {
  std::vector<Column> columns{{"before", "", {}}, {"after", "", {}}};
  const auto fill = [&](Column& column, const auto& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      column.runs.push_back(
          {i, run::Outcome::ok, "", 0, {{name, unit, Better::lower, phase, values[i], {}}}});
  };
  fill(columns[0], before);
  fill(columns[1], after);
  return compare_columns(std::move(columns));
}

std::string found(const std::string& condition, const Comparison& c) {
  std::string out;
  for (const auto& f : parsed(condition).findings(c))
    out += (out.empty() ? "" : ",") + f.column +
           (f.why == Condition::Met::not_reached ? " not reached" : "");
  return out;
}

Comparison times(std::vector<std::optional<std::int64_t>> before,
                 std::vector<std::optional<std::int64_t>> after) {
  return compared("time_to_online", Unit::ns, MetricPhase::online, before, after);
}

TEST(condition, an_amount_with_a_sign_is_a_difference_and_without_one_a_value) {
  const Comparison c = times({1'000'000}, {1'060'000});
  EXPECT_EQ(found("time_to_online > +5%", c), "after");
  EXPECT_EQ(found("time_to_online > +6%", c), "");
  EXPECT_EQ(found("time_to_online>=+6%", c), "after") << "blanks are free";
  EXPECT_EQ(found("time_to_online > +59us", c), "after");
  EXPECT_EQ(found("time_to_online > +60us", c), "");
  EXPECT_EQ(found("time_to_online:online > 1ms", c), "after");
  EXPECT_EQ(found("time_to_online > 0.9ms", c), "before,after");
  EXPECT_EQ(found("time_to_online < -5%", c), "");
  EXPECT_EQ(found("time_to_online < -5%", times({1000}, {900})), "after");
}

TEST(condition, a_share_of_nothing_is_more_than_any) {
  EXPECT_EQ(found("time_to_online > +1000%", times({0}, {1})), "after");
  EXPECT_EQ(found("time_to_online > +0%", times({0}, {0})), "");
}

TEST(condition, a_share_of_a_negative_baseline_keeps_its_direction) {
  const Comparison c = compared("mem_free_delta", Unit::page, MetricPhase::add, {-100}, {-150});
  EXPECT_EQ(found("mem_free_delta:add < -40%", c), "after");
  EXPECT_EQ(found("mem_free_delta:add > +1%", c), "");
}

TEST(condition, what_was_not_reached_counts_and_says_so) {
  EXPECT_EQ(found("time_to_online > +5%", times({1}, {std::nullopt})), "after not reached");
  EXPECT_EQ(found("time_to_online > +5%", times({std::nullopt}, {1})), "after not reached");
  EXPECT_EQ(found("time_to_online > 5s", times({std::nullopt}, {1})), "before not reached");
  EXPECT_EQ(found("memmap_pages_boot > 5", times({1}, {1})), "before not reached,after not reached")
      << "nor what no run has";
}

// Five pairs of which one is the other way round: the mean differs by 7 %, by chance maybe.
TEST(condition, a_difference_that_may_be_chance_does_not_count) {
  EXPECT_EQ(found("time_to_online > +5%", times({100, 110, 90, 105, 95}, {130, 105, 112, 108, 80})),
            "");
  EXPECT_EQ(found("time_to_online > +5%", times({100, 110, 90, 105, 95}, {110, 121, 98, 117, 103})),
            "after");
  EXPECT_EQ(found("time_to_online > +5%", times({100, 110}, {130, 105})), "after")
      << "two pairs have no interval: the difference is taken as it is";
}

TEST(condition, outcomes_have_an_order) {
  std::vector<Column> columns{{"a", "", {}}, {"b", "", {}}};
  columns[0].runs.push_back({0, run::Outcome::ok, "", 0, {}});
  columns[1].runs.push_back({0, run::Outcome::enomem, "no memory", 0, {}});
  const Comparison c = compare_columns(std::move(columns));
  EXPECT_EQ(found("outcome != ok", c), "b");
  EXPECT_EQ(found("outcome > refused", c), "b");
  EXPECT_EQ(found("outcome == ok", c), "a");
}

TEST(condition, what_is_wrong_is_named_with_its_column) {
  const std::vector<std::pair<std::string, std::string>> all{
      {"", "--fail-if:1:1: a condition begins with a metric"},
      {"  > 5", "--fail-if:1:3: a condition begins with a metric"},
      {"time_to_onlin > 5s",
       "--fail-if:1:1: no run here has a metric 'time_to_onlin'; did you mean"},
      {"mem_free_delta > 5",
       "--fail-if:1:1: 'mem_free_delta' is a metric of two phases; write mem_free_delta:add or "
       "mem_free_delta:run"},
      {"time_to_online:add > 5s", "--fail-if:1:1: no run here has a metric 'time_to_online:add'"},
      {"time_to_online", "--fail-if:1:15: a relation is missing"},
      {"time_to_online => 5s", "--fail-if:1:16: '=>' is no relation; use >, >=, <, <=, == or !="},
      {"time_to_online = 5s", "--fail-if:1:16: '=' is no relation"},
      {"time_to_online >", "--fail-if:1:17: an amount is missing"},
      {"time_to_online > 5", "--fail-if:1:18: '5' is no amount of time_to_online; write a time"},
      {"time_to_online > 5MiB", "--fail-if:1:18: '5MiB' is no amount of time_to_online"},
      {"memmap_pages_boot > 5ms", "--fail-if:1:21: '5ms' is no amount of memmap_pages_boot"},
      {"memmap_pages_boot > 1.5", "--fail-if:1:21: '1.5' is no amount of memmap_pages_boot"},
      {"usable_bytes < 5G", "--fail-if:1:16: '5G' is no amount of usable_bytes; write a size"},
      {"time_to_online > 5%",
       "--fail-if:1:18: '5%' has no sign; a share of the baseline is a "
       "difference: +5% or -5%"},
      {"time_to_online > +%", "--fail-if:1:18: '%' is no percentage"},
      {"time_to_online > +nan%", "--fail-if:1:18: 'nan%' is no percentage"},
      {"time_to_online > ++5%", "--fail-if:1:18: '+5%' is no percentage"},
      {"time_to_online > +5% or more", "--fail-if:1:18: '5% or more' is no amount"},
      {"time_to_online < -101%", "--fail-if:1:18: time_to_online cannot fall by more than 100 %"},
      {"time_to_online < 0s", "--fail-if:1:18: time_to_online is never below 0"},
      {"outcome != fine", "--fail-if:1:12: 'fine' is no outcome"}};
  for (const auto& [text, message] : all)
    EXPECT_EQ(refused(text).substr(0, message.size()), message) << text;
}

/// A name as figures have it: small letters, digits and _.
rc::Gen<std::string> metric_name() {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  return rc::gen::map(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(letters))),
      [](std::string name) { return "m" + name; });
}

// As tables and files have it: NAME, or NAME:PHASE where two phases have the name.
RC_GTEST_PROP(conditions, a_metrics_name_is_read_back_as_it_is_printed, ()) {
  const auto phase = rc::gen::element(MetricPhase::add, MetricPhase::online, MetricPhase::run);
  const std::string name = *metric_name();
  const MetricPhase first = *phase, second = *phase;
  MetricSet known{{name, Unit::one, Better::lower, first}};
  if (second != first) known.push_back({name, Unit::one, Better::lower, second});
  known.push_back({name + "_p99", Unit::one, Better::lower, first});
  for (const MetricName& m : known) {
    const auto same = std::count_if(known.begin(), known.end(),
                                    [&](const MetricName& k) { return k.name == m.name; });
    std::vector<std::string> forms{m.name + ":" + std::string(word(m.phase))};
    if (same == 1) forms.push_back(m.name);
    for (const std::string& form : forms) {
      const auto condition = Condition::parse(form + " > 4", {"--fail-if", 1, 0}, known);
      if (!condition) RC_FAIL(condition.error().front().text());
      const Comparison values = compared(m.name, m.unit, m.phase, {5}, {3});
      const auto found = condition->findings(values);
      RC_ASSERT(found.size() == 1u);
      RC_ASSERT(found.front().row != nullptr);
      RC_ASSERT(found.front().row->name == m.name && found.front().row->phase == m.phase);
    }
  }
}

}  // namespace
}  // namespace mhp::study
