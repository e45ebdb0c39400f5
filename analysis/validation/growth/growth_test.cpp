// Instruction counts of real kernels grow as the work that the model counts.
#include "analysis/validation/growth/growth.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/config/scenario.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::validation::growth_test {
namespace {

const std::filesystem::path kRoot = MHP_SOURCE_DIR;

CountRun load(const std::string& name) {
  auto run =
      load_count_run((kRoot / "analysis/validation/growth/counts" / (name + ".json")).string());
  EXPECT_TRUE(run.has_value());
  return std::move(*run);
}

kernel::KernelProfile profile(const std::string& version) {
  auto p = config::load_kernel_profile(
      (kRoot / "configs/kernels" / ("linux-" + version + ".toml")).string());
  EXPECT_TRUE(p.has_value());
  return *p;
}

GrowthReport compare(const std::vector<CountRun>& runs) {
  GrowthReport report;
  for (const CountRun& run : runs) compare_growth(run, profile(run.kernel), report);
  compare_runs(report);
  return report;
}

const GrowthRow& row(const GrowthReport& report, const std::string& work) {
  for (const GrowthRow& r : report.rows)
    if (r.work == work) return r;
  throw std::logic_error(work);
}

TEST(growth, a_unit_of_work_costs_the_same_in_every_run_and_is_done_as_often_as_counted) {
  std::vector<CountRun> runs;
  for (const auto& entry :
       std::filesystem::directory_iterator(kRoot / "analysis/validation/growth/counts"))
    if (entry.path().extension() == ".json") runs.push_back(load(entry.path().stem().string()));
  ASSERT_GE(runs.size(), 14U);
  const GrowthReport report = compare(runs);
  for (const GrowthRow& r : report.rows) {
    EXPECT_LE(std::abs(r.deviation), kGrowthBound) << r.run << ", " << r.work;
    EXPECT_LE(r.disturbed, std::max<std::int64_t>(1, r.calls * 2 / 5)) << r.run << ", " << r.work;
  }
  for (const GrowthCalls& c : report.calls) EXPECT_EQ(c.kernel, c.model) << c.run << c.function;
  EXPECT_TRUE(report.passed());
}

// 142 instructions a pageblock on 6.12, and twice the walk where the memmap is in the range: the
// fixed part of a block tells how many walks there were.
TEST(growth, the_contiguity_walk_of_a_block_is_a_line_in_the_pageblocks_looked_at) {
  const GrowthReport report =
      compare({load("i-612-16G-mom0-kernel"), load("i-612-16G-mom1-kernel")});
  std::vector<GrowthRow> walks;
  for (const GrowthRow& r : report.rows)
    if (r.work == "contiguity_check") walks.push_back(r);
  ASSERT_EQ(walks.size(), 2U);
  EXPECT_NEAR(walks[0].per_unit, 142, 1);
  EXPECT_NEAR(walks[1].per_unit, 142, 1);
  EXPECT_NEAR(walks[0].fixed, 825 - 142, 10);
  EXPECT_NEAR(walks[1].fixed, 2 * (825 - 142), 20);
}

// The comparison can fail: a kernel that looked at every page, not every pageblock, would show.
TEST(growth, another_law_of_growth_is_noticed) {
  const CountRun honest = load("i-612-16G-mom0-kernel");
  CountRun forged = honest;
  auto& walk = forged.series.at("online/set_zone_contiguous");
  for (std::size_t k = 0; k < walk.size(); ++k)
    walk[k] += 400 * static_cast<std::int64_t>(k);  // 4 % of what a block adds
  const GrowthReport report = compare({honest, load("i-612-16G-mom1-kernel"), forged});
  EXPECT_FALSE(report.passed());
  EXPECT_GT(report.worst_deviation(), kGrowthBound);
  EXPECT_NEAR(row(report, "contiguity_check").deviation, 0, 0.001);
}

TEST(growth, a_walk_too_few_is_noticed) {
  CountRun run = load("i-612-4G-mom1-kernel");
  run.functions.at("online/set_zone_contiguous").calls /= 2;
  EXPECT_FALSE(compare({run}).passed());
}

TEST(load_count_run, a_file_that_is_none_is_refused_with_its_name) {
  const auto run = load_count_run("/nonexistent.json");
  ASSERT_FALSE(run.has_value());
  EXPECT_EQ(run.error().front().where.file, "/nonexistent.json");
}

TEST(count_run, of_another_type_is_told_with_its_place) {
  const nlohmann::json whole{{"name", "n"},
                             {"kernel", "6.12"},
                             {"dimm_bytes", 1},
                             {"dimms", 1},
                             {"online", "o"},
                             {"memmap_on_memory", true},
                             {"functions", {{"f", {{"calls", 1}, {"min", 1}, {"median", 1}}}}},
                             {"series", {{"f", {1}}}}};
  const ScratchFolder folder;
  const std::string path = folder.path("c.json");
  const auto said = [&](const nlohmann::json& file) {
    std::ofstream(path) << file.dump();
    const auto read = load_count_run(path);
    return read ? "read" : read.error().front().problem;
  };
  ASSERT_EQ(said(whole), "read");
  const auto flat = whole.flatten();
  for (const auto& [where, value] : flat.items()) {
    auto changed = whole;
    changed[nlohmann::json::json_pointer(where)] = nlohmann::json::object();
    const std::string text = said(changed);
    EXPECT_NE(text.find("an object is not"), text.npos) << where << ": " << text;
  }
  EXPECT_EQ(said({{"dimm_bytes", 1}, {"functions", 7}, {"series", nlohmann::json::object()}}),
            "functions: 7 is not an object");
}

}  // namespace
}  // namespace mhp::validation::growth_test
