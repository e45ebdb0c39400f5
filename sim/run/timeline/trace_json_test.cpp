#include "sim/run/timeline/trace_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "sim/run/result/run_content.hpp"
#include "sim/run/timeline/trace_events.hpp"

namespace mhp::run::trace_json_test {
namespace {

using nlohmann::json;

config::Scenario guest() {
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml",
                                 {"hotplug.0.size=1GiB"});
  if (!s) throw std::runtime_error(s.error().front().text());
  return std::move(*s);
}

record::FileContent content(const config::Scenario& scenario) {
  RunOptions options;
  options.record = true;
  return run_content(scenario, simulate(scenario, options));
}

json events_of(const record::FileContent& file) {
  const auto text = trace_json({{file, "run.h5"}});
  if (!text) throw std::runtime_error(text.error().front().text());
  return json::parse(*text)["traceEvents"];
}

std::string error_of(const record::FileContent& file) {
  const auto text = trace_json({{file, "run.h5"}});
  return text ? "none" : text.error().front().text();
}

void erase(record::FileContent& file, const std::string& group) {
  std::erase_if(file.groups, [&](const record::Group& g) { return g.name == group; });
}

record::Variable& variable(record::FileContent& file, const std::string& group,
                           const std::string& name) {
  for (record::Group& g : file.groups)
    for (record::Variable& v : g.variables)
      if (g.name == group && v.name == name) return v;
  throw std::runtime_error("no " + name);
}

std::int64_t count(const json& events, const std::string& phase, const std::string& category) {
  return std::count_if(events.begin(), events.end(), [&](const json& e) {
    return e["ph"] == phase && (category.empty() || e["cat"] == category);
  });
}

// 1,234,567 ns are 1234.567 us: no digit is lost, however late it is.
TEST(trace_json, times_are_microseconds_with_all_nanoseconds) {
  TraceEvents events;
  events.complete(1, 2, "n", "c", SimTime{1'234'567}, SimTime{9'000'000'000'000'000'001}, {});
  events.complete(1, 2, "n", "c", SimTime{5}, SimTime{5}, {});
  const std::string text = events.text("{}");
  EXPECT_NE(text.find(R"("ts":1234.567,"dur":8999999999998765.434,)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("ts":0.005,"dur":0.000,)"), std::string::npos) << text;
}

TEST(trace_json, a_file_of_the_first_schema_gives_operations_and_counters) {
  const config::Scenario scenario = guest();
  record::FileContent file = content(scenario);
  const json with = events_of(file);
  for (const char* group : {"spans", "tracks"}) erase(file, group);
  for (record::Attribute& a : file.attributes)
    if (a.name == "schema") a.value = "mhpsim-run/1";
  const json without = events_of(file);
  EXPECT_EQ(count(without, "X", ""), 1 + 8);  // an add, and eight blocks of 128 MiB
  EXPECT_EQ(count(without, "X", "operation"), count(with, "X", "operation"));
  EXPECT_EQ(count(without, "C", ""), count(with, "C", ""));
  EXPECT_GT(count(with, "X", ""), count(without, "X", ""));
  EXPECT_NE(left_out(file), "");
}

TEST(trace_json, names_survive_whatever_they_are) {
  record::FileContent file = content(guest());
  const std::string hostile = "a \"b\" \\ \n\t\x01 </script> \xc3\xa9\xe2\x80\xa8 \xf0\x9f\x92\xbe";
  for (record::Attribute& a : file.attributes)
    if (a.name == "study") a.value = hostile;
  auto& names = std::get<std::vector<std::string>>(variable(file, "tracks", "name").data);
  for (std::string& name : names) name = hostile;
  std::int64_t found = 0;
  for (const json& e : events_of(file)) {
    if (e["name"] == "thread_name" && e["args"]["name"].get<std::string>().starts_with(hostile))
      ++found;
    if (e["name"] == "process_name") {
      EXPECT_TRUE(e["args"]["name"].get<std::string>().starts_with(hostile));
    }
  }
  EXPECT_EQ(found, static_cast<std::int64_t>(names.size()));
}

TEST(trace_json, bytes_that_are_no_text_do_not_break_it) {
  EXPECT_EQ(json::parse(json_text("\xff\xfe")).get<std::string>(), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(trace_json, an_operation_that_failed_is_marked_with_its_reason) {
  auto scenario = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml", {});
  ASSERT_TRUE(scenario.has_value());
  const json events = events_of(content(*scenario));
  const auto failed = std::find_if(events.begin(), events.end(), [](const json& e) {
    return e["ph"] == "i" && e["name"] == "add: ENOMEM";
  });
  ASSERT_NE(failed, events.end());
  EXPECT_NE((*failed)["args"]["reason"], "");
}

// Whoever damages a file on purpose: nothing is added to or taken from such a number.
TEST(trace_json, numbers_that_no_run_has_are_named) {
  const record::FileContent good = content(guest());
  const auto with = [&](const char* group, const char* name, std::int64_t value) {
    record::FileContent file = good;
    std::get<std::vector<std::int64_t>>(variable(file, group, name).data)[0] = value;
    return error_of(file);
  };
  for (const std::int64_t lane : {INT64_MIN, std::int64_t{-1}, std::int64_t{1'000}, INT64_MAX})
    EXPECT_NE(with("tracks", "lane", lane).find("a track in lane"), std::string::npos) << lane;
  EXPECT_NE(with("spans", "begin", INT64_MIN).find("begins before the run"), std::string::npos);
  record::FileContent old = good;
  erase(old, "spans");
  std::get<std::vector<std::int64_t>>(variable(old, "hotplug", "started").data)[0] = INT64_MIN;
  EXPECT_NE(error_of(old).find("begins before the run"), std::string::npos);
}

TEST(trace_json, runs_are_processes_in_their_order) {
  const record::FileContent file = content(guest());
  const auto text = trace_json({{file, "a.h5"}, {file, "b.h5"}});
  ASSERT_TRUE(text.has_value());
  std::vector<std::int64_t> pids;
  const json whole = json::parse(*text);
  for (const json& e : whole["traceEvents"])
    if (e["name"] == "process_name") pids.push_back(e["pid"]);
  EXPECT_EQ(pids,
            (std::vector<std::int64_t>{1, 3}));  // 2 and 4 are boots with threads of their own
}

TEST(trace_json, files_that_are_none_are_named) {
  record::FileContent file;
  file.attribute("schema", "mhpsim-study/1");
  EXPECT_EQ(error_of(file), "run.h5: this is no run file of mhpsim; give a file of mhpsim run -o");
  const record::FileContent whole = content(guest());
  file = whole;
  erase(file, "hotplug");
  EXPECT_NE(error_of(file).find("the file has no group 'hotplug'"), std::string::npos);
  file = whole;
  std::get<std::vector<std::int64_t>>(variable(file, "spans", "track").data)[0] = 4711;
  EXPECT_NE(error_of(file).find("track 4711"), std::string::npos) << error_of(file);
  file = whole;
  std::get<std::vector<std::int64_t>>(variable(file, "spans", "end").data)[0] = -5;
  EXPECT_NE(error_of(file).find("ends before it begins"), std::string::npos) << error_of(file);
  file = whole;
  std::get<std::vector<std::int64_t>>(variable(file, "zones", "low").data).pop_back();
  EXPECT_NE(error_of(file).find("'zones/low'"), std::string::npos) << error_of(file);
}

}  // namespace
}  // namespace mhp::run::trace_json_test
