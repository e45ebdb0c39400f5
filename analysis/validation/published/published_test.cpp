// Published measurements: the targets that ship, what makes a target wrong, what experiments do
// where the answer is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "analysis/validation/published/headline.hpp"
#include "analysis/validation/published/leave_one_out.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/verdict.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::published {
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

Measured run(const std::string& experiment, const std::string& toml) {
  const auto root = config::parse_toml(toml, kTargets + "test.toml");
  EXPECT_TRUE(root.has_value());
  Diagnostics errors;
  const Measured m = experiments().find(experiment)->run(*root, errors);
  EXPECT_TRUE(errors.empty()) << errors.front().text();
  return m;
}

std::string init(const std::string& more) {
  return "machine = \"../../../../configs/machines/two-socket-server.toml\"\n"
         "costs = \"../../../../configs/costs/xeon.toml\"\n"
         "free_to_buddy = false\n" +
         more;
}

double init_ns(const std::string& more) { return run("memmap_init", init(more)).value.value_or(0); }

/// The core of two-socket-server.toml against that of the prices.
constexpr double kClock = 3000.0 / 3300;
constexpr double kMisses = 14.8;
constexpr double kSecondLevelLine = 2.410 / 3.3;

// One thread alone: instructions, and a line at its latency over the misses in flight.
TEST(memmap_init, of_one_thread_is_the_sum_of_its_pages) {
  const double page = 2.794 * kClock + 78 / kMisses;
  EXPECT_NEAR(init_ns("pages = 3276800\npasses = [\"struct_page_init\"]"), 3276800 * page,
              1e-3 * 3276800 * page);
  const double far = 2.794 * kClock + 143 / kMisses;
  EXPECT_NEAR(init_ns("pages = 3276800\nmemory_node = 1\npasses = [\"struct_page_init\"]"),
              3276800 * far, 1e-3 * 3276800 * far);
}

TEST(memmap_init, two_cold_passes_cost_two_and_a_fused_pass_one) {
  const std::string pages = "pages = 3276800\n";
  const double init = init_ns(pages + "passes = [\"struct_page_init\"]");
  const double free = init_ns(pages + "passes = [\"struct_page_free\"]");
  const double both = init_ns(pages + "passes = [\"struct_page_init\", \"struct_page_free\"]");
  const double fused = init_ns(pages + "passes = [\"struct_page_init+struct_page_free\"]");
  EXPECT_NEAR(both, init + free, 1e-3 * both);
  EXPECT_NEAR(fused, init + 3276800 * (1.867 * kClock + 2 * kSecondLevelLine), 1e-3 * both);
}

// Without passes the kernel's: prices of struct_page_memset and meminit_pfn_in_nid follow no clock.
TEST(memmap_init, does_what_the_kernel_does_if_no_passes_are_named) {
  const std::string pages = "pages = 3276800\n";
  const auto kernel = [&](const char* version) {
    return init_ns(pages + "kernel = \"../kernels/linux-" + version + ".toml\"");
  };
  const double fused = init_ns(pages + "passes = [\"struct_page_init+struct_page_free\"]");
  const double both = init_ns(pages + "passes = [\"struct_page_init\", \"struct_page_free\"]");
  EXPECT_EQ(init_ns(pages), fused);
  EXPECT_NEAR(kernel("4.2"), fused + 3276800 * 4.719, 1e-6 * both);
  EXPECT_NEAR(kernel("4.14-rc6"), fused + 3276800 * (9.437 + 4.719), 1e-6 * both);
  EXPECT_NEAR(kernel("4.15"), both + 3276800 * (9.437 + 2 * 4.719), 1e-6 * both);
}

TEST(memmap_init, threads_help_up_to_the_bandwidth_and_never_beyond) {
  const double bytes = 3276800.0 * 2 * 64;
  double before = init_ns("pages = 3276800\npasses = [\"struct_page_init\"]");
  const double alone = before;
  for (const int threads : {2, 4, 8, 16, 64}) {
    const double now = init_ns("pages = 3276800\npasses = [\"struct_page_init\"]\nthreads = " +
                               std::to_string(threads));
    EXPECT_LE(now, before * 1.01) << threads;
    EXPECT_GE(now, std::max(alone / threads, bytes / 105.6) * 0.999) << threads;
    before = now;
  }
}

double nodes_ns(const std::string& more) {
  return run("nodes_init", init("pages = 3276800\n" + more)).value.value_or(-1);
}

// Both nodes do the same on their own; a single thread does the second from afar.
TEST(nodes_init, of_two_equal_nodes_is_that_of_one_and_of_one_thread_that_of_both) {
  const double near = init_ns("pages = 3276800");
  const double far = init_ns("pages = 3276800\nmemory_node = 1");
  EXPECT_EQ(nodes_ns("of = \"first\""), near);
  EXPECT_EQ(nodes_ns("of = \"last\""), near);
  EXPECT_EQ(nodes_ns("of = \"largest_gap\""), 0);
  EXPECT_EQ(nodes_ns("of = \"unevenness\""), 0);
  EXPECT_EQ(nodes_ns("threads = 0\nof = \"first\""), near);
  EXPECT_NEAR(nodes_ns("threads = 0"), near + far, 2);
}

/// Nanoseconds a struct page of a light pass over a memmap on an Optane module.
double on_a_module(const std::string& set) {
  return run("memmap_init",
             "machine = \"../../../../configs/machines/optane-host.toml\"\n"
             "costs = \"../../../../configs/costs/xeon.toml\"\n"
             "pages = 3276800\nmemory_node = 2\npasses = [\"struct_page_free\"]\n"
             "free_to_buddy = false\nset = [" +
                 set + "]")
             .value.value_or(0) /
         3276800;
}

// 64 bytes of each unit read in order, a unit of 256 written for each line. As a medium of lines
// that is written as it is read, the same module is bound by nothing but its latency.
TEST(memmap_init, on_a_module_waits_for_the_units_that_it_writes) {
  const double both = 64 / 6.6 + 256 / 2.3;
  EXPECT_NEAR(on_a_module(""), both, 1e-3 * both);
  const double latency = 1.867 + 2.360 / 3 + 305 / 15.75;
  EXPECT_NEAR(on_a_module("\"machine.node.2.access_unit=64B\", "
                          "\"machine.node.2.write_bandwidth=0B/s\""),
              latency, 1e-3 * latency);
}

// One thread, two nodes: struct pages of 1 GiB pages, half of them far.
TEST(hugetlb_init, of_one_thread_is_the_sum_of_its_struct_pages) {
  const double page = (2.794 + 0.9 + 6) * kClock + (78 + 143) / 2.0 / kMisses;
  EXPECT_NEAR(run("hugetlb_init",
                  "machine = \"../../../../configs/machines/two-socket-server.toml\"\n"
                  "costs = \"../../../../configs/costs/xeon.toml\"\npages = 100")
                  .value.value_or(0),
              100 * 262144 * page, 1e-3 * 100 * 262144 * page);
}

/// Cores that allocate blocks of an order without per-CPU lists: each is one hold of 20 ns, and
/// 80 ns besides; struct pages cost nothing.
double allocator_ns(int cores, const std::string& more) {
  return run("page_allocator",
             "machine = \"../../../../configs/machines/xeon-5320.toml\"\n"
             "costs = \"../../../../configs/costs/xeon.toml\"\n"
             "action = \"alloc\"\norder = 5\noperations = 1000\ncores = " +
                 std::to_string(cores) +
                 "\nset = [\"costs.rmqueue.cpu=20ns\", \"costs.alloc_pages.cpu=80ns\", "
                 "\"costs.struct_page_touch.lines=0\", \"costs.struct_page_next.lines=0\", " +
                 more + "]")
      .value.value_or(0);
}

// A closed system without variance: everybody waits for the lock or nobody does.
TEST(page_allocator, follows_the_law_of_a_serial_part) {
  for (const int cores : {1, 2, 5, 20})
    EXPECT_NEAR(allocator_ns(cores, "\"costs.percpu_line.cpu=0ns\""), std::max(100.0, cores * 20.0),
                1.0)
        << cores;
}

// The lock's lines come from another core with each hold: never for one core alone.
TEST(page_allocator, pays_a_hand_over_once_a_hold) {
  for (const int cores : {1, 8})
    EXPECT_NEAR(allocator_ns(cores, "\"costs.percpu_line.cpu=100ns\""),
                cores == 1 ? 100.0 : cores * (20.0 + 300.0), 3.0)
        << cores;
}

// The walk over the zone makes plugging quadratic in blocks; without it it is linear.
TEST(growth, of_plug_time_is_quadratic_with_the_walk_and_linear_without) {
  const auto plug = [&](const char* size, const char* walk) {
    return run("run", std::string("scenario = \"../../../../configs/scenarios/virtio-plug.toml\"\n"
                                  "metric = \"time_to_usable\"\nset = [\"hotplug.0.size=") +
                          size +
                          "\", \"hotplug.0.unplug=false\", \"kernel.profile.contiguity_walk=" +
                          walk + "\"]")
        .value.value_or(0);
  };
  const double once = plug("512GiB", "counter");
  const double twice = plug("1TiB", "counter");
  EXPECT_NEAR(twice / once, 2, 0.02);
  EXPECT_NEAR((plug("1TiB", "full") - twice) / (plug("512GiB", "full") - once), 4, 0.05);
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
    return run("run",
               std::string("scenario = \"../../../../configs/scenarios/small-guest.toml\"\n") +
                   "placement = \"hotplugged_range\"\nmetric = \"" + metric + "\"")
        .rests_on;
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

CaseResult case_of(double predicted, double published, bool inside, Interval interval,
                   Class kind = Class::prediction) {
  CaseResult c{"",          {predicted, true, "ok", {}},
               {published}, predicted / published - 1,
               kind,        {},
               true,        interval,
               {},          inside};
  return c;
}

CaseResult without_interval(double predicted, double published, bool inside) {
  CaseResult c = case_of(predicted, published, inside, {});
  c.interval.reset();
  return c;
}

/// A prediction whose simulation ended before what was published.
CaseResult unreached(double published) {
  CaseResult c = without_interval(1, published, false);
  c.measured.value.reset();
  c.measured.outcome = "enomem";
  c.deviation.reset();
  return c;
}

TEST(headline, is_of_the_predictions_alone) {
  Verdict v;
  v.cases = {case_of(100, 100, true, {90, 110}), case_of(110, 100, true, {105, 115}),
             case_of(70, 100, false, {49, 105}),
             case_of(500, 100, false, {1, 2}, Class::consistency),
             case_of(100, 100, true, {1, 2}, Class::arithmetic)};
  CaseResult unpublished = case_of(1, 1, true, {0, 2});
  unpublished.published.clear();
  unpublished.deviation.reset();
  v.cases.push_back(unpublished);
  Verdict other;
  other.cases = {case_of(160, 100, false, {120, 200})};
  const Headline h = headline_of({v, other});
  EXPECT_EQ(h.predictions, 4u);
  EXPECT_DOUBLE_EQ(*h.median_deviation, 0.2);  // of 0, 0.1, 0.3 and 0.6
  EXPECT_DOUBLE_EQ(*h.p90_deviation, 0.6);
  EXPECT_DOUBLE_EQ(*h.inside_criterion, 0.5);
  EXPECT_DOUBLE_EQ(*h.inside_interval, 0.5);
  EXPECT_DOUBLE_EQ(*h.median_half_width, (0.1 + 0.25) / 2);
  EXPECT_NEAR(*h.stretch, std::log(110.0 / 100) / std::log(110.0 / 105), 1e-9);
  EXPECT_FALSE(headline_of({}).median_deviation);
}

// Nothing leaves the headline because the simulation, or its samples, did not get there.
TEST(headline, counts_what_has_no_interval_or_no_value_as_outside) {
  Verdict v;
  v.cases = {case_of(100, 100, true, {90, 110}), without_interval(100, 100, true), unreached(100),
             unreached(200)};
  const Headline h = headline_of({v});
  EXPECT_EQ(h.predictions, 4u);
  EXPECT_EQ(h.unreached, 2u);
  EXPECT_EQ(h.unbounded, 3u);
  EXPECT_DOUBLE_EQ(*h.inside_criterion, 0.5);
  EXPECT_DOUBLE_EQ(*h.inside_interval, 0.25);
  EXPECT_TRUE(std::isinf(*h.p90_deviation));
  EXPECT_TRUE(std::isinf(*h.median_half_width));
  EXPECT_TRUE(std::isinf(*h.stretch));
  for (CaseResult& c : v.cases) c.sampled = false;
  EXPECT_FALSE(headline_of({v}).inside_interval) << "none was asked for";
}

// The guest has no room for the memmap: the published time is not reached.
TEST(headline, counts_a_run_that_fails_where_a_time_was_published) {
  const auto root = config::parse_toml(
      "id = \"X\"\nquantity = \"q\"\npublished = \"p\"\ncriterion = \"c\"\nsource = \"x\"\n"
      "data = [\"T-1\"]\n[[case]]\nname = \"one\"\npublished = [\"1s\"]\n[case.run]\n"
      "scenario = \"../../../../configs/scenarios/small-guest.toml\"\n"
      "placement = \"boot_memory\"\nmetric = \"time_to_usable\"\n"
      "[[check]]\nkind = \"deviation\"\neach = \"20%\"\n",
      kTargets + "x.toml");
  const auto target = read_target(*root);
  ASSERT_TRUE(target.has_value()) << target.error().front().text();
  const auto verdicts = judge({*target}, {.samples = 2});
  ASSERT_TRUE(verdicts.has_value());
  const CaseResult& c = verdicts->front().cases.front();
  EXPECT_FALSE(c.deviation);
  EXPECT_FALSE(c.inside);
  EXPECT_EQ(c.counts(), c.kind == Class::prediction);
  EXPECT_TRUE(c.sampled && !c.covered());
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
  EXPECT_NE(wrong(small_target("kind = \"near\"")).find("within"), std::string::npos)
      << "the choices are named";
}

}  // namespace
}  // namespace mhp::published
