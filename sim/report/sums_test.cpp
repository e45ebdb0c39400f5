// Explanations and waterfalls of every shipped scenario add up.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/report/reasons.hpp"
#include "sim/report/run_files.hpp"

namespace mhp::report {
namespace {

std::vector<std::string> scenarios() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(MHP_SOURCE_DIR "/configs/scenarios"))
    if (entry.path().extension() == ".toml") out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

Inputs simulated(const config::Scenario& s, std::map<std::string, std::int64_t>& values) {
  Inputs in;
  for (const char* placement : {"boot_memory", "hotplugged_range"}) {
    const auto result =
        run::simulate(s, {placement, static_cast<std::uint64_t>(s.run.seed), 0, {}});
    for (const run::Metric& m : result.metrics)
      if (m.value) values[std::string(placement) + ' ' + m.name] = *m.value;
    in.columns.emplace_back(placement);
    in.runs.push_back(
        {.column = placement, .placement = placement, .run = run::recorded_run(s, result)});
  }
  return in;
}

std::int64_t sum(const ordered_json& rows) {
  std::int64_t all = 0;
  for (const auto& row : rows) all += row["time"].get<std::int64_t>();
  return all;
}

class Sums : public testing::TestWithParam<std::string> {};

TEST_P(Sums, of_steps_and_parts_are_the_metrics_of_the_run) {
  const auto s = shipped(GetParam(), {});
  std::map<std::string, std::int64_t> values;
  const Inputs in = simulated(s, values);
  const auto value = [&](const std::string& placement, const std::string& metric) {
    const auto it = values.find(placement + ' ' + metric);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  };
  const auto parts = parts_of(in);
  std::size_t times = 0;  // that a run reached; some scenarios reach none
  for (const RunInput& run : in.runs) times += run.run.times.metrics.size();
  EXPECT_EQ(parts.size(), times);
  for (const auto& part : parts) {
    EXPECT_EQ(sum(part["rows"]), part["value"]) << part["metric"];
    if (part["metric"] == "run") continue;
    EXPECT_EQ(value(part["placement"], part["metric"]), part["value"].get<std::int64_t>())
        << part["metric"];
  }
  for (const auto& reason : reasons_of(in)) {
    EXPECT_EQ(sum(reason["steps"]), reason["difference"]) << reason["metric"];
    if (reason["metric"] == "run") continue;
    EXPECT_EQ(
        *value("hotplugged_range", reason["metric"]) - *value("boot_memory", reason["metric"]),
        reason["difference"].get<std::int64_t>());
  }
  const auto resting = resting_of(in);
  ASSERT_EQ(resting.size(), parts.size());
  for (std::size_t i = 0; i < resting.size(); ++i) {
    std::int64_t all = 0;
    for (const auto& [basis, time] : resting[i]["by_basis"].items())
      all += time.get<std::int64_t>();
    EXPECT_EQ(all, parts[i]["value"]) << resting[i]["metric"];
  }
}

INSTANTIATE_TEST_SUITE_P(EveryScenario, Sums, testing::ValuesIn(scenarios()),
                         [](const testing::TestParamInfo<std::string>& tested) {
                           std::string name = tested.param.substr(0, tested.param.size() - 5);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace mhp::report
