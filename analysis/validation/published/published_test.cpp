// Published measurements: the targets that ship, what makes a target wrong, how cases are classed,
// their intervals, and what is left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "analysis/validation/published/leave_one_out.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/verdict.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::published::published_test {
namespace {

const std::string kTargets = MHP_SOURCE_DIR "/analysis/validation/published/targets/";

std::vector<std::string> shipped() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kTargets))
    if (entry.path().extension() == ".toml") files.push_back(entry.path().filename().string());
  std::sort(files.begin(), files.end());
  return files;
}

class Shipped : public ::testing::TestWithParam<std::string> {};

TEST_P(Shipped, is_inside_its_criterion_if_it_must) {
  const auto target = load_target(kTargets + GetParam());
  ASSERT_TRUE(target.has_value()) << target.error().front().text();
  const auto verdicts = judge({*target});
  ASSERT_TRUE(verdicts.has_value()) << verdicts.error().front().text();
  const Verdict& verdict = verdicts->front();
  EXPECT_EQ(verdict.cases.size(), target->cases.size());
  for (const auto& check : verdict.checks) EXPECT_TRUE(check.pass || !target->must) << check.text;
  EXPECT_TRUE(verdict.pass || target->note.find("echanism missing") != std::string::npos)
      << "a miss says which mechanism is missing";
}

INSTANTIATE_TEST_SUITE_P(targets, Shipped, ::testing::ValuesIn(shipped()), [](const auto& test) {
  std::string name = test.param.substr(0, test.param.find('.'));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(targets, that_must_be_met_are_all_there) {
  std::vector<std::string> must;
  for (const std::string& file : shipped())
    if (const auto t = load_target(kTargets + file); t && t->must) must.push_back(t->id);
  EXPECT_EQ(must, (std::vector<std::string>{"V02", "V04", "V17", "V18", "V20"}));
}

TEST(parse_quantity, reads_times_numbers_and_percentages) {
  EXPECT_EQ(parse_quantity("1.5ms"), 1.5e6);
  EXPECT_EQ(parse_quantity("54.7ns"), 54.7);
  EXPECT_EQ(parse_quantity("1.9"), 1.9);
  EXPECT_EQ(parse_quantity("25%"), 0.25);
  EXPECT_EQ(parse_quantity("fast"), std::nullopt);
  EXPECT_EQ(parse_quantity("25 percent"), std::nullopt);
}

/// A small target: one case that takes 100 ns, and a check on it.
Value small_target(const std::string& check,
                   const std::string& rest = "source = \"x\"\ndata = [\"T-1\"]\n") {
  const auto root = config::parse_toml(
      "id = \"X\"\nquantity = \"q\"\npublished = \"p\"\ncriterion = \"c\"\n" + rest +
          "[[case]]\nname = \"one\"\npublished = [\"110ns\"]\n[case.work]\n"
          "machine = \"../../../../configs/machines/two-socket-server.toml\"\n"
          "costs = \"../../../../configs/costs/xeon.toml\"\n"
          "set = [\"costs.percpu_line.cpu=100ns\"]\nprimitive = \"percpu_line\"\n[[check]]\n" +
          check,
      kTargets + "x.toml");
  EXPECT_TRUE(root.has_value());
  return *root;
}

bool passes(const std::string& check) {
  const auto target = read_target(small_target(check));
  EXPECT_TRUE(target.has_value()) << target.error().front().text();
  return judge({*target})->front().pass;
}

TEST(judge, tells_what_is_inside_from_what_is_not) {
  EXPECT_TRUE(passes("kind = \"within\"\nmin = \"99ns\"\nmax = \"101ns\""));
  EXPECT_FALSE(passes("kind = \"within\"\nmin = \"101ns\"\nmax = \"200ns\""));
  EXPECT_TRUE(passes("kind = \"deviation\"\neach = \"10%\""));
  EXPECT_FALSE(passes("kind = \"deviation\"\neach = \"9%\""));
  EXPECT_FALSE(passes("kind = \"deviation\"\neach = \"10%\"\nmean = \"9%\""));
  EXPECT_TRUE(passes("kind = \"ratio\"\ncases = [\"one\", \"one\"]\nmin = \"1\"\nmax = \"1\""));
  EXPECT_FALSE(passes("kind = \"ratio\"\ncases = [\"one\", \"one\"]\nmin = \"2\"\nmax = \"3\""));
  EXPECT_TRUE(passes("kind = \"outcome\"\nequals = \"ok\""));
  EXPECT_FALSE(passes("kind = \"outcome\"\nequals = \"enomem\""));
}

/// A target of one price: percpu_line of the file or as `set` says.
CaseResult price(const std::string& primitive, const std::string& set, const std::string& more = "",
                 const JudgeOptions& options = {}) {
  const auto root = config::parse_toml(
      "id = \"X\"\nquantity = \"q\"\npublished = \"p\"\ncriterion = \"c\"\nsource = \"x\"\n"
      "data = [\"T-1\", \"T-2\"]\n[[case]]\nname = \"one\"\npublished = [\"110ns\"]\n" +
          more +
          "[case.work]\nmachine = \"../../../../configs/machines/two-socket-server.toml\"\n" +
          "costs = \"../../../../configs/costs/xeon.toml\"\nset = [" + set + "]\nprimitive = \"" +
          primitive + "\"\n[[check]]\nkind = \"deviation\"\neach = \"20%\"\n",
      kTargets + "x.toml");
  EXPECT_TRUE(root.has_value());
  const auto target = read_target(*root);
  EXPECT_TRUE(target.has_value()) << target.error().front().text();
  return judge({*target}, options)->front().cases.front();
}

// A price that is spent, one that is not, the machine, the kind of misses that are overlapped.
TEST(classes, a_datum_that_set_a_constant_in_use_leaves_no_prediction) {
  const auto with_data = [](const std::string& path) {
    return price("struct_page_init", "'costs." + path + "=[\"T-0\", \"T-2\"]'").kind;
  };
  EXPECT_EQ(price("struct_page_init", "").kind, Class::prediction);
  EXPECT_EQ(with_data("struct_page_init.cpu_data"), Class::consistency);
  EXPECT_EQ(with_data("struct_page_init.data"), Class::consistency);
  EXPECT_EQ(with_data("migrate_page.cpu_data"), Class::prediction) << "nobody migrated anything";
  EXPECT_EQ(with_data("core.misses_in_flight_stream_data"), Class::prediction)
      << "the machine's core says its own";
  EXPECT_EQ(price("struct_page_init", "'machine.core.misses_in_flight_stream_data=[\"T-1\"]'").kind,
            Class::consistency);
  EXPECT_EQ(with_data("core.misses_in_flight_stride_data"), Class::prediction);
  EXPECT_EQ(price("contiguity_check", "'costs.core.misses_in_flight_stride_data=[\"T-1\"]'").kind,
            Class::consistency);
  const CaseResult c = price("percpu_line", "'costs.percpu_line.cpu_data=[\"T-1\"]'");
  ASSERT_EQ(c.set_by.size(), 1u);
  EXPECT_EQ(c.set_by[0].constant, "costs.percpu_line.cpu");
  EXPECT_EQ(c.set_by[0].datum, "T-1");
}

TEST(classes, other_data_of_the_case_and_numbers_without_a_basis_count) {
  const std::string set = "'costs.percpu_line.cpu_data=[\"T-1\"]'";
  EXPECT_EQ(price("percpu_line", set, "data = [\"T-2\"]\n").kind, Class::prediction);
  EXPECT_EQ(price("percpu_line", "'costs.percpu_line.cpu=100ns'").kind, Class::consistency)
      << "nobody says what set it";
  EXPECT_EQ(price("percpu_line", set, "arithmetic = \"so it is\"\n").kind, Class::arithmetic);
}

TEST(classes, of_an_experiment_that_does_not_say_what_it_rests_on_nothing_is_known) {
  EXPECT_EQ(set_by({}, {"T-1"}).size(), 1u);
}

TEST(classes, a_run_rests_on_what_it_did_and_on_its_scenario) {
  const auto used = [](const char* metric) {
    const auto root = config::parse_toml(
        std::string("scenario = \"../../../../configs/scenarios/small-guest.toml\"\n") +
            "placement = \"hotplugged_range\"\nmetric = \"" + metric + "\"",
        kTargets + "test.toml");
    Diagnostics errors;
    return experiments().find("run")->run(*root, errors).rests_on;
  };
  const auto has = [](const std::vector<ParamValue>& all, const std::string& name) {
    return std::any_of(all.begin(), all.end(), [&](const ParamValue& p) { return p.name == name; });
  };
  for (const auto& all : {used("time_to_usable"), used("outcome")}) {
    EXPECT_TRUE(has(all, "costs.struct_page_init.cpu"));
    EXPECT_TRUE(has(all, "kernel.reserved_memory"));
    EXPECT_TRUE(has(all, "costs.core.misses_in_flight_stream"));
    EXPECT_TRUE(has(all, "costs.core.second_level_line"));
    EXPECT_FALSE(has(all, "machine.core.second_level_line")) << "it says nothing";
    EXPECT_TRUE(has(all, "machine.node.0.latency"));
    EXPECT_FALSE(has(all, "costs.migrate_page.cpu"));
  }
}

// Two constants are open: the price and the core's misses.
TEST(intervals, hold_the_value_and_do_not_depend_on_threads) {
  JudgeOptions options{.samples = 30, .threads = 1};
  const CaseResult one = price("struct_page_init", "", "", options);
  options.threads = 2;
  const CaseResult two = price("struct_page_init", "", "", options);
  ASSERT_TRUE(one.interval && two.interval);
  EXPECT_EQ(one.interval->low, two.interval->low);
  EXPECT_EQ(one.interval->high, two.interval->high);
  EXPECT_LE(one.interval->low, *one.measured.value) << "whole nanoseconds";
  EXPECT_GT(one.interval->high, *one.measured.value);
  ASSERT_TRUE(one.widened_by && two.widened_by) << "one of the two stands out";
  EXPECT_EQ(one.widened_by->name, two.widened_by->name);
  EXPECT_EQ(one.widened_by->correlation, two.widened_by->correlation);
  EXPECT_FALSE(price("struct_page_init", "").interval) << "none was asked for";
}

TEST(intervals, are_as_wide_as_the_ranges) {
  const JudgeOptions options{.samples = 200};
  const std::string cpu = "'costs.percpu_line.cpu=100ns', ";
  const CaseResult open = price("percpu_line",
                                cpu +
                                    "'costs.percpu_line.cpu_range=[\"90ns\", "
                                    "\"110ns\"]'",
                                "", options);
  // 5 % lie in the outer tenth of either side.
  EXPECT_NEAR(open.interval->low, 91, 1);
  EXPECT_NEAR(open.interval->high, 109, 1);
  const CaseResult closed = price("percpu_line",
                                  cpu +
                                      "'costs.percpu_line.cpu_range=[\"100ns\", "
                                      "\"100ns\"]'",
                                  "", options);
  EXPECT_EQ(open.widened_by->name, "costs.percpu_line.cpu");
  EXPECT_GT(open.widened_by->correlation, 0.99) << "a whole nanosecond may be a tie";
  EXPECT_FALSE(closed.widened_by) << "nothing is open";
  EXPECT_EQ(closed.interval->low, 100);
  EXPECT_EQ(closed.interval->high, 100);
}

/// small_target and before its case another, of 90 to 110 ns, that says something more.
Value certain_target(const std::string& says) {
  return small_target(
      "kind = \"outcome\"\nequals = \"ok\"",
      "source = \"x\"\ndata = [\"T-1\"]\n[[case]]\nname = \"sure\"\n" + says +
          "[case.work]\nmachine = \"../../../../configs/machines/two-socket-server.toml\"\n"
          "costs = \"../../../../configs/costs/xeon.toml\"\nprimitive = \"percpu_line\"\n"
          "set = [\"costs.percpu_line.cpu=100ns\", "
          "'costs.percpu_line.cpu_range=[\"90ns\", \"110ns\"]']\n");
}

TEST(intervals, leave_out_what_is_certain) {
  const auto first = [](const std::string& says) {
    const auto target = read_target(certain_target(says));
    EXPECT_TRUE(target.has_value()) << target.error().front().text();
    return judge({*target}, {.samples = 40});
  };
  const CaseResult open = first("")->front().cases.front();
  EXPECT_LT(open.interval->low, open.interval->high);
  const CaseResult sure =
      first("certain = [\"costs.percpu_line.cpu\"]\ncertain_because = \"so it is\"\n")
          ->front()
          .cases.front();
  EXPECT_EQ(sure.interval->low, 100);
  EXPECT_EQ(sure.interval->high, 100);
  EXPECT_FALSE(sure.widened_by);
  const auto other =
      first("certain = [\"costs.struct_page_init.cpu\"]\ncertain_because = \"so it is\"\n");
  ASSERT_FALSE(other.has_value());
  EXPECT_NE(other.error().front().text().find("sure does not rest on it"), std::string::npos)
      << other.error().front().text();
}

TEST(intervals, are_in_proportion) {
  const auto i = interval_of(100, 10, {9, 11, 10});
  EXPECT_EQ(i->low, 90);
  EXPECT_DOUBLE_EQ(i->high, 110);
  EXPECT_EQ(interval_of(100, 10, {12, 11, 13})->low, 100) << "the value is never outside";
  EXPECT_EQ(interval_of(100, std::nullopt, {})->low, 100) << "nothing is open";
  EXPECT_FALSE(interval_of(100, std::nullopt, {9, 11}));
}

// Of 40 samples one may lie above the interval, so one may be without a value; of 3 none.
TEST(intervals, count_a_sample_without_a_value_above_all_others) {
  std::vector<std::optional<double>> samples;
  for (int i = 1; i <= 40; ++i) samples.emplace_back(100 + i);
  EXPECT_EQ(interval_of(100, 100, samples)->high, 139);
  samples[20].reset();
  EXPECT_EQ(interval_of(100, 100, samples)->high, 140) << "the greatest that has a value";
  samples[21].reset();
  EXPECT_FALSE(interval_of(100, 100, samples));
  EXPECT_FALSE(interval_of(100, 10, {9, std::nullopt, 11}));
}

// What the table calls the value in force is what the price list makes of it, at 82 ns a line.
TEST(leave_one_out, is_about_the_prices_in_force) {
  const auto left_out = leave_one_out(kTargets + "../fits.toml");
  ASSERT_TRUE(left_out.has_value()) << left_out.error().front().text();
  auto table = config::parse_toml(
      "machine = \"../../../../configs/machines/guest-256m.toml\"\n"
      "costs = \"../../../../configs/costs/xeon.toml\"\n",
      kTargets + "test.toml");
  ASSERT_TRUE(table.has_value());
  Diagnostics errors;
  const cost::CostProfile costs = read_set_up(*table, errors).costs;
  ASSERT_TRUE(errors.empty()) << errors.front().text();
  const auto ns = [&](kernel::Primitive p, std::int64_t permille) {
    const cost::PrimitiveCost& price = costs.of(p);
    return static_cast<double>(price.cpu.value) / 1000 +
           82.0 * static_cast<double>(price.lines) * 1000 / static_cast<double>(permille);
  };
  const std::vector<Fit>& fits = left_out->fits;
  ASSERT_GE(fits.size(), 3u);
  EXPECT_NEAR(fits[0].value,
              ns(kernel::Primitive::contiguity_check, costs.core.misses_in_flight_stride), 0.01);
  EXPECT_NEAR(fits[1].value,
              ns(kernel::Primitive::struct_page_init, costs.core.misses_in_flight_stream), 0.01);
  EXPECT_NEAR(fits[2].value, ns(kernel::Primitive::block_device, 1000), 0.01);
}

TEST(leave_one_out, predicts_each_datum_by_the_others) {
  const auto left_out = leave_one_out(kTargets + "../fits.toml");
  ASSERT_TRUE(left_out.has_value()) << left_out.error().front().text();
  const Fit& walk = left_out->fits.front();
  EXPECT_NEAR(walk.data[1].predicted, 52.18, 1e-9);
  EXPECT_NEAR(walk.data[0].predicted, (59.63 + 52.18) / 2, 1e-9);
  for (const Fit& fit : left_out->fits)
    EXPECT_NEAR(fit.by_all / fit.value, 1, 0.02) << fit.constant << ": the data's own value";
  for (const Scan& scan : left_out->scans) {
    EXPECT_GT(scan.data.size(), 1u);
    for (const Scan::Datum& d : scan.data) EXPECT_LE(d.deviation, d.deviation_by_others) << d.id;
  }
}

TEST(judge, a_prediction_without_a_check_is_not_inside) {
  EXPECT_TRUE(price("percpu_line", "'costs.percpu_line.cpu=100ns'").inside);
  EXPECT_FALSE(price("percpu_line", "'costs.percpu_line.cpu=50ns'").inside);
  const auto target =
      read_target(small_target("kind = \"within\"\nmin = \"99ns\"\nmax = "
                               "\"101ns\"\narithmetic = \"so it is\""));
  const auto verdict = judge({*target});
  EXPECT_TRUE(verdict->front().pass);
  EXPECT_TRUE(verdict->front().arithmetic());
  EXPECT_FALSE(verdict->front().cases[0].inside);
}

TEST(read_target, says_in_one_line_what_is_wrong) {
  const auto wrong = [](const Value& root) {
    const auto target = read_target(root);
    EXPECT_FALSE(target.has_value());
    return target ? "" : target.error().front().text();
  };
  const std::string good = "kind = \"outcome\"\nequals = \"ok\"";
  EXPECT_EQ(wrong(small_target(good, "")),
            kTargets + "x.toml: no 'source'; say who published it, when and where");
  EXPECT_EQ(wrong(small_target(good, "source = \"x\"\n")),
            kTargets + "x.toml: no 'data'; list the ids of what was measured");
  const std::string must = "source = \"x\"\ndata = [\"T-1\"]\nmust = true\n";
  EXPECT_EQ(wrong(small_target(good + "\narithmetic = \"so it is\"", must)),
            kTargets + "x.toml: a 'must' that is arithmetic; leave 'must' out");
  EXPECT_NE(wrong(small_target("kind = \"outcome\"\ncases = [\"two\"]")).find("no case 'two'"),
            std::string::npos);
  EXPECT_NE(wrong(small_target("kind = \"within\"\nmin = \"soon\"\nmax = \"2s\""))
                .find("'soon' is no quantity"),
            std::string::npos);
  EXPECT_NE(wrong(small_target("kind = \"within\"\nmax = \"2s\"")).find("no 'min'"),
            std::string::npos);
  EXPECT_NE(wrong(small_target(good,
                               "source = \"x\"\ndata = [\"T-1\"]\n[[case]]\nname = \"zero\"\n"
                               "published = [\"0s\"]\n"))
                .find("deviations are from a number above 0"),
            std::string::npos);
  EXPECT_NE(wrong(certain_target("certain = [\"costs.percpu_line.cpu\"]\n"))
                .find("one of 'certain' and 'certain_because'; say both or neither"),
            std::string::npos);
  EXPECT_NE(wrong(small_target("kind = \"near\"")).find("within"), std::string::npos)
      << "the choices are named";
}

}  // namespace
}  // namespace mhp::published::published_test
