// An explanation must add up, survive the file, and blame the right constants.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/run/explain/difference.hpp"
#include "sim/run/explain/resting.hpp"
#include "sim/run/result/recorded_run.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::run::explain_test {
namespace {

RecordedRun recorded(const std::string& scenario, const std::vector<std::string>& settings) {
  const auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + scenario, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return recorded_run(*s, simulate(*s, {}));
}

SimTime sum(const TimeOf& of) {
  SimTime all;
  for (const Amounts& a : of.amounts) all += a.time();
  return all;
}

const std::vector<std::string> kSmall{"hotplug.0.size=8GiB", "hotplug.1.size=8GiB"};

std::vector<std::string> small_and(std::vector<std::string> more) {
  more.insert(more.begin(), kSmall.begin(), kSmall.end());
  return more;
}

TEST(explain, a_run_read_back_from_its_file_is_explained_as_before) {
  const auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml", kSmall);
  ASSERT_TRUE(s.has_value());
  const RunResult result = simulate(*s, {});
  const auto back = recorded_run(run_content(*s, result), "run.h5");
  ASSERT_TRUE(back.has_value()) << back.error().front().text();
  ASSERT_EQ(back->times.metrics.size(), result.times.metrics.size());
  const Constants before(s->used);
  const Constants after(back->used);
  for (std::size_t m = 0; m < result.times.metrics.size(); ++m) {
    const TimeOf& was = result.times.metrics[m];
    const TimeOf& is = back->times.metrics[m];
    EXPECT_EQ(is.metric, was.metric);
    EXPECT_EQ(sum(is), sum(was));
    const Resting a = resting_of(result.times.rows, was.amounts, before);
    const Resting b = resting_of(back->times.rows, is.amounts, after);
    EXPECT_EQ(a.by_basis, b.by_basis);
    EXPECT_EQ(a.by_constant, b.by_constant);
  }
}

TEST(explain, a_file_without_a_ledger_is_named) {
  record::FileContent file;
  file.attribute("schema", "mhpsim-run/1");
  const auto run = recorded_run(file, "old.h5");
  ASSERT_FALSE(run.has_value());
  EXPECT_EQ(run.error().front().text(),
            "old.h5: the file has no group 'ledger'; it is of an earlier program: run the scenario "
            "again");
}

// Every constant that a row names is a parameter of the run, so that its value and source are
// known.
TEST(explain, every_constant_named_is_in_force) {
  for (const char* scenario : {"quickstart.toml", "virtio-plug.toml"}) {
    const RecordedRun r = recorded(scenario, {"hotplug.0.size=8GiB"});
    const Constants constants(r.used);
    for (const TimeRow& row : r.times.rows)
      for (const auto* list : {&row.own_rests_on, &row.stall_rests_on, &row.contention_rests_on})
        for (const std::string& path : *list)
          EXPECT_NE(constants.find(path), nullptr) << row.name << ": " << path;
  }
}

// The stall of a page's initialisation rests on what the machine says of its core, else on what the
// prices say of theirs.
TEST(explain, misses_in_flight_are_of_the_core_that_says_them) {
  const auto rests_on = [](const std::vector<std::string>& settings, const std::string& constant) {
    const RecordedRun r = recorded("quickstart.toml", small_and(settings));
    return std::any_of(r.times.rows.begin(), r.times.rows.end(), [&](const TimeRow& row) {
      return std::count(row.stall_rests_on.begin(), row.stall_rests_on.end(), constant) > 0;
    });
  };
  const std::string stream = "core.misses_in_flight_stream";
  EXPECT_TRUE(rests_on({}, "machine." + stream)) << "by its processors' family";
  EXPECT_FALSE(rests_on({}, "costs." + stream));
  EXPECT_TRUE(rests_on({"machine." + stream + "=0"}, "costs." + stream));
  EXPECT_FALSE(rests_on({"machine." + stream + "=0"}, "machine." + stream));
}

// Freeing a block's pages goes over their struct pages twice; the second time rests on the core.
TEST(explain, a_line_of_the_second_level_is_of_the_core_that_says_it) {
  const auto rests_on = [](const std::vector<std::string>& settings, const std::string& constant) {
    const RecordedRun r = recorded("quickstart.toml", small_and(settings));
    return std::any_of(r.times.rows.begin(), r.times.rows.end(), [&](const TimeRow& row) {
      return row.name == "struct_page_free" &&
             std::count(row.own_rests_on.begin(), row.own_rests_on.end(), constant) > 0;
    });
  };
  const std::string line = "core.second_level_line";
  EXPECT_TRUE(rests_on({}, "machine." + line)) << "by its processors' family";
  EXPECT_FALSE(rests_on({}, "costs." + line));
  EXPECT_TRUE(rests_on({"machine." + line + "=-1"}, "costs." + line));
}

// Boards: insertion, power, training and scrub are all assumed; so is most of the time from there.
TEST(explain, the_stages_of_a_device_count_by_what_they_rest_on) {
  const RecordedRun r = recorded("quickstart.toml", kSmall);
  const Constants constants(r.used);
  const TimeOf& of = *r.find("time_from_insertion");
  const Resting resting = resting_of(r.times.rows, of.amounts, constants);
  SimTime all;
  for (const auto& [basis, time] : resting.by_basis) all += time;
  EXPECT_EQ(all, sum(of)) << "every part rests on something";
  EXPECT_EQ(resting.by_constant.at("hotplug.0.device.training"), SimTime{60 * kSecond.value});
  EXPECT_GT(resting.share("assumed"), 0.98);
  const TimeOf& usable = *r.find("time_to_usable");
  const Resting without = resting_of(r.times.rows, usable.amounts, constants);
  EXPECT_EQ(without.by_constant.count("hotplug.0.device.training"), 0u);
}

// A price that follows a clock which is assumed rests on that clock.
TEST(explain, a_price_that_follows_no_clock_rests_on_itself) {
  const auto fixed = [](const std::vector<std::string>& settings) {
    const RecordedRun r = recorded("quickstart.toml", small_and(settings));
    const Constants constants(r.used);
    const Resting resting = resting_of(r.times.rows, r.find("time_to_usable")->amounts, constants);
    const auto at = resting.by_constant.find("costs.block_state_fixed.cpu");
    return at == resting.by_constant.end() ? SimTime{0} : at->second;
  };
  EXPECT_EQ(fixed({"costs.block_state_fixed.clock=-1"}), SimTime{8 * 253'000})
      << "8 blocks of 2 GiB";
  EXPECT_EQ(fixed({}), SimTime{0});
}

TEST(explain, an_assumed_constant_outweighs_what_it_is_used_with) {
  const ParamValue derived{"a", "1", Unit::one, "", "", false, "derived", {}};
  const ParamValue assumed{"b", "1", Unit::one, "", "", false, "assumed", {}};
  const ParamValue nobody{"c", "1", Unit::one, "", "", false, "", {}};
  const std::vector<ParamValue> used{derived, assumed, nobody};
  const Constants constants(used);
  EXPECT_EQ(constants.weakest({"a", "b"})->name, "b");
  EXPECT_EQ(constants.weakest({"a", "b", "c"})->name, "c");
  EXPECT_EQ(constants.weakest({"d"}), nullptr);
}

// Whatever differs (machine, price, placement, device, online policy), the mechanisms add up.
TEST(difference, mechanisms_add_up_to_the_difference) {
  const RecordedRun a = recorded("quickstart.toml", kSmall);
  const std::vector<RecordedRun> others{
      recorded("quickstart.toml", small_and({"kernel.memmap_placement=hotplugged_range"})),
      recorded("quickstart.toml", small_and({"costs.contiguity_check.cpu=99.9ns"})),
      recorded("quickstart.toml", small_and({"machine.link.0.latency=200ns"})),
      recorded("quickstart.toml", small_and({"hotplug.0.device.training=80s"})),
      recorded("virtio-plug.toml", {"hotplug.0.size=8GiB"})};
  for (const RecordedRun& b : others)
    for (const char* metric : {"time_to_add", "time_to_online", "time_to_usable"}) {
      const auto mechanisms = difference_of(a.times, *a.find(metric), b.times, *b.find(metric));
      SimTime all;
      for (const Mechanism& m : mechanisms) all += m.time;
      EXPECT_EQ(all, sum(*b.find(metric)) - sum(*a.find(metric)))
          << b.study << " " << b.placement << " " << metric;
      EXPECT_TRUE(difference_of(b.times, *b.find(metric), b.times, *b.find(metric)).empty());
    }
}

// Only the price of a check was changed, by 84.1 ns: the whole difference is that price.
TEST(difference, a_dearer_unit_is_a_price_and_more_units_are_a_count) {
  const auto plugged = [](const std::string& size, std::vector<std::string> settings = {}) {
    settings.insert(settings.end(), {"hotplug.0.size=" + size, "machine.core.clock=3000",
                                     "costs.block_state_fixed.cpu=600us"});
    return recorded("virtio-plug.toml", settings);
  };
  const RecordedRun a = plugged("8GiB");
  const RecordedRun dearer = plugged("8GiB", {"costs.contiguity_check.cpu=99.9ns"});
  const auto price = difference_of(a.times, *a.find("time_to_usable"), dearer.times,
                                   *dearer.find("time_to_usable"));
  ASSERT_FALSE(price.empty());
  EXPECT_EQ(price.front().kind, Mechanism::Kind::price);
  EXPECT_EQ(price.front().name, "contiguity_check");
  EXPECT_NEAR(static_cast<double>(price.front().time.value),
              84.1 * static_cast<double>(price.front().units_a), 64.0)
      << "up to a nanosecond for each of 64 blocks";
  const RecordedRun more = plugged("16GiB");
  const auto count =
      difference_of(a.times, *a.find("time_to_usable"), more.times, *more.find("time_to_usable"));
  for (const Mechanism& m : count)
    if (m.name == "block_state_fixed") {
      EXPECT_EQ(m.kind, Mechanism::Kind::count);
      EXPECT_EQ(m.time, SimTime{64 * 600'000}) << "64 more blocks of 128 MiB";
      EXPECT_EQ(m.units_b - m.units_a, 64);
    }
}

// Whoever damages a file on purpose: what does not add up, or is not there as often as the rest, is
// named before anything is added up.
TEST(explain, a_ledger_that_no_run_has_is_refused) {
  const auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml",
                                       {"hotplug.0.size=256MiB"});
  ASSERT_TRUE(s);
  const record::FileContent good = run_content(*s, simulate(*s, {}));
  ASSERT_TRUE(recorded_run(good, "run.h5"));
  const auto refused = [&](const char* group, const std::string& name, const auto& change) {
    record::FileContent file = good;
    for (record::Group& g : file.groups)
      for (record::Variable& v : g.variables)
        if (g.name == group && v.name == name) change(v);
    return !recorded_run(file, "run.h5");
  };
  for (const char* part : {"own", "stall", "contention"})
    for (const std::int64_t absurd : {INT64_MIN, std::int64_t{-1}, INT64_MAX})
      EXPECT_TRUE(refused(
          "ledger", part,
          [&](record::Variable& v) { std::get<std::vector<std::int64_t>>(v.data)[0] = absurd; }))
          << part << ' ' << absurd;
  for (const char* column : {"units", "memory", "cpu", "own"})
    EXPECT_TRUE(refused("ledger", column, [](record::Variable& v) {
      std::get<std::vector<std::int64_t>>(v.data).pop_back();
    })) << column;
  for (const char* column : {"value", "unit", "basis", "low"})
    EXPECT_TRUE(refused("provenance", column, [](record::Variable& v) {
      std::get<std::vector<std::string>>(v.data).pop_back();
    })) << column;
}

}  // namespace
}  // namespace mhp::run::explain_test
