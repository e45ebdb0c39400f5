// Objectives on made-up records: what holds in every replicate, what of a mean, what is said of
// wrong ones.
#include "sim/study/question/objective.hpp"

#include <gtest/gtest.h>

namespace mhp::question::objective_test {
namespace {

using study::MetricName;
using study::MetricSet;
using study::Operand;
using study::RunRecord;

const MetricSet kMetrics{{"stall", Unit::ns, Better::lower, run::MetricPhase::run},
                         {"free", Unit::page, Better::higher, run::MetricPhase::add},
                         {"free", Unit::page, Better::higher, run::MetricPhase::run},
                         {"usable", Unit::byte, Better::higher, run::MetricPhase::run},
                         {"checks", Unit::one, Better::lower, run::MetricPhase::online}};

RunRecord record(std::vector<std::optional<std::int64_t>> values,
                 run::Outcome outcome = run::Outcome::ok) {
  RunRecord r;
  r.outcome = outcome;
  r.reason = r.outcome == run::Outcome::ok ? "" : "why";
  r.metrics = std::make_shared<const MetricSet>(kMetrics);
  values.resize(kMetrics.size());
  r.values = std::move(values);
  return r;
}

/// A scenario with one size and one count.
std::optional<Operand> scenario(const std::string& name) {
  if (name == "hotplug.0.size") return Operand{"1048576", 1 << 20, Unit::byte};
  if (name == "hotplug.0.count") return Operand{"3", 3};
  return std::nullopt;
}

Objective parsed(const std::string& text) {
  auto o = Objective::parse(text, {"q.toml", 4, 2}, scenario);
  if (!o) throw std::runtime_error(o.error().front().text());
  return std::move(*o);
}

std::string error(const std::string& text) {
  const auto o = Objective::parse(text, {"q.toml", 4, 2}, scenario);
  return o ? "none" : o.error().front().text();
}

Standing standing(const std::string& text, const std::vector<RunRecord>& records) {
  return parsed(text).judge(records, scenario, 0.95).standing;
}

TEST(objective, must_hold_in_every_replicate) {
  const std::vector<RunRecord> two{record({1'000'000}), record({1'000'001})};
  EXPECT_EQ(standing("stall <= 1ms", {two[0]}), Standing::holds);
  EXPECT_EQ(standing("stall <= 1ms", two), Standing::fails);
  EXPECT_EQ(standing("stall < 1ms", {two[0]}), Standing::fails);
  EXPECT_EQ(standing("stall <= 1000001ns", two), Standing::holds);
  const Finding f = parsed("stall <= 1ms").judge(two, scenario, 0.95);
  EXPECT_EQ(f.low, 1'000'000);
  EXPECT_EQ(f.high, 1'000'001);
  EXPECT_EQ(f.unit, Unit::ns);
}

TEST(objective, fails_where_its_metric_is_not_reached) {
  EXPECT_EQ(standing("stall <= 1ms", {record({0}), record({std::nullopt})}), Standing::fails);
  EXPECT_EQ(standing("mean(stall) <= 1ms", {record({0}), record({std::nullopt})}), Standing::fails);
}

TEST(objective, compares_outcomes) {
  EXPECT_EQ(standing("outcome == ok", {record({}), record({})}), Standing::holds);
  const std::vector<RunRecord> mixed{record({}), record({}, run::Outcome::enomem),
                                     record({}, run::Outcome::refused)};
  const Finding f = parsed("outcome == ok").judge(mixed, scenario, 0.95);
  EXPECT_EQ(f.standing, Standing::fails);
  EXPECT_EQ(f.outcome, run::Outcome::enomem) << "the worst";
  EXPECT_EQ(f.reason, "why");
  EXPECT_EQ(standing("outcome != enomem", {record({}, run::Outcome::refused)}), Standing::holds);
}

// 256 pages of 4 KiB are 1 MiB.
TEST(objective, measures_pages_in_bytes_if_the_limit_is_in_bytes) {
  const auto free = [](std::int64_t pages) { return record({{}, 1, pages}); };
  EXPECT_EQ(standing("free:run >= 1MiB", {free(256)}), Standing::holds);
  EXPECT_EQ(standing("free:run >= 1MiB", {free(255)}), Standing::fails);
  EXPECT_EQ(standing("free:run >= 256", {free(256)}), Standing::holds);
  EXPECT_EQ(standing("free >= 256", {free(256)}), Standing::fails) << "the first of that name";
}

TEST(objective, has_parameters_and_products_in_its_limit) {
  const auto usable = [](std::int64_t bytes) { return record({{}, {}, {}, bytes}); };
  EXPECT_EQ(standing("usable >= hotplug.0.size * hotplug.0.count", {usable(3 << 20)}),
            Standing::holds);
  EXPECT_EQ(standing("usable >= hotplug.0.size * hotplug.0.count", {usable((3 << 20) - 1)}),
            Standing::fails);
}

// Values 8 and 12: mean 10, standard error 2, t(1, 97.5 %) = 12.706: the interval is -15.4 to 35.4.
TEST(objective, of_a_mean_is_open_while_its_interval_holds_the_limit) {
  const std::vector<RunRecord> r{record({8}), record({12})};
  EXPECT_EQ(standing("mean(stall) <= 35ns", r), Standing::open);
  EXPECT_EQ(standing("mean(stall) <= 36ns", r), Standing::holds);
  EXPECT_EQ(standing("mean(stall) >= 36ns", r), Standing::fails);
  EXPECT_EQ(standing("mean(stall) >= 10ns", r), Standing::open);
}

// 10, 10, 11, 11 against equal values: an interval without width is on one side, 10.5 <= 10 is not.
TEST(objective, of_a_mean_without_chance_is_never_open) {
  EXPECT_EQ(standing("mean(stall) <= 10ns", {record({10}), record({10})}), Standing::holds);
  EXPECT_EQ(standing("mean(stall) < 10ns", {record({10}), record({10})}), Standing::fails);
  EXPECT_EQ(standing("mean(stall) > 9ns", {record({10}), record({10})}), Standing::holds);
  EXPECT_EQ(standing("mean(stall) >= 11ns", {record({10}), record({10})}), Standing::fails);
}

TEST(objective, that_is_none_is_told_with_its_place) {
  EXPECT_EQ(error("stall").substr(0, 12), "q.toml:4:2: ");
  EXPECT_NE(error("stall").find("no objective"), std::string::npos);
  EXPECT_NE(error("stall <= 1m").find("'1m' is neither an amount nor a parameter"),
            std::string::npos);
  EXPECT_NE(error("hotplug.0.size <= 1GiB").find("'constraints'"), std::string::npos);
  EXPECT_NE(error("outcome == enomen").find("did you mean enomem"), std::string::npos);
  EXPECT_NE(error("outcome <= ok").find("== and !="), std::string::npos);
  EXPECT_NE(error("mean(stall) == 1ms").find("<= or >="), std::string::npos);
  EXPECT_NE(error("mean(outcome) == ok").find("no metric"), std::string::npos);
  EXPECT_NE(error("stall * 2 <= 1ms").find("only the limit"), std::string::npos)
      << error("stall * 2 <= 1ms");
  EXPECT_NE(error("stall is 1ms").find("compares nothing"), std::string::npos);
}

TEST(objective, whose_metric_no_run_has_or_has_in_another_unit_is_told) {
  const auto checked = [](const std::string& text) {
    const auto done = parsed(text).check(kMetrics);
    return done ? "fine" : done.error().front().text();
  };
  EXPECT_EQ(checked("stall <= 1ms"), "fine");
  EXPECT_EQ(checked("free >= 1MiB"), "fine");
  EXPECT_EQ(checked("free:add >= 7"), "fine");
  EXPECT_EQ(checked("outcome == ok"), "fine");
  EXPECT_NE(checked("stal <= 1ms").find("no run has a metric 'stal'; did you mean stall"),
            std::string::npos)
      << checked("stal <= 1ms");
  EXPECT_NE(checked("stall <= 1MiB").find("has the unit ns"), std::string::npos);
  EXPECT_NE(checked("checks <= 1ms").find("has the unit none"), std::string::npos);
}

}  // namespace
}  // namespace mhp::question::objective_test
