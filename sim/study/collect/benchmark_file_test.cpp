// The JSON of study_bench as a study: what is read, and what is said of files that are none.
#include "sim/study/collect/benchmark_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/core/scratch_folder.hpp"
#include "sim/study/collect/cells.hpp"

namespace mhp::study::benchmark_file_test {
namespace {

using Json = nlohmann::ordered_json;

const std::string kStudy = "name = 'x'\nscenario = '" MHP_SOURCE_DIR
                           "/configs/scenarios/small-guest.toml'\n"
                           "[[axis]]\nkey = 'hotplug.0.size'\nvalues = ['1GiB', '2GiB']\n";

/// A case as Google Benchmark writes it.
Json a_case(int point, int repetition, double real_ms, const std::string& type = "iteration") {
  return {{"name", "x/size"},
          {"run_type", type},
          {"repetition_index", repetition},
          {"real_time", real_ms},
          {"cpu_time", real_ms / 2},
          {"time_unit", "ms"},
          {"label", "ok"},
          {"point", static_cast<double>(point)},
          {"events", 1000.0},
          {"simulated_time", 2.5e9}};
}

class BenchmarkFileTest : public testing::Test {
 protected:
  Result<BenchmarkFile> read(const std::string& text) const {
    std::ofstream(folder_ + "/b.json") << text;
    return read_benchmark_file(folder_ + "/b.json");
  }
  static std::string text(const Json& cases) {
    return Json{{"context", {{"study", kStudy}}}, {"benchmarks", cases}}.dump();
  }

  ScratchFolder scratch_;
  const std::string folder_ = scratch_.path();
};

TEST_F(BenchmarkFileTest, repetitions_are_replicates_and_aggregates_are_none) {
  const auto file = read(text({a_case(0, 0, 1.5), a_case(0, 1, 2.5), a_case(1, 0, 3),
                               a_case(1, 1, 4), a_case(1, 0, 3.5, "aggregate")}));
  ASSERT_TRUE(file) << file.error().front().text();
  ASSERT_EQ(file->cases.size(), 4u);
  EXPECT_EQ(file->study.params.replicates, 2);
  // Milliseconds become nanoseconds: real, CPU; then events and simulated time as they are.
  EXPECT_EQ(file->cases[1].values,
            (std::vector<std::optional<std::int64_t>>{2'500'000, 1'250'000, 1000, 2'500'000'000}));
}

TEST_F(BenchmarkFileTest, its_cases_are_collected_like_the_runs_of_a_sweep) {
  const auto file = read(text({a_case(0, 0, 1.5), a_case(0, 1, 2.5), a_case(1, 0, 3)}));
  ASSERT_TRUE(file);
  const auto records = benchmark_records(*file);
  ASSERT_TRUE(records);
  const Plan plan(file->study);
  const Scenarios scenarios(plan);
  const Cells cells(scenarios, *records);
  const auto first = cells.at(0), second = cells.at(1);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[1].record->values[0], 2'500'000);
  EXPECT_EQ(*first[1].record->metrics, speed_metrics());
  EXPECT_EQ(second[0].status, CellStatus::complete);
  EXPECT_EQ(second[1].status, CellStatus::missing);
}

TEST_F(BenchmarkFileTest, a_case_that_is_there_twice_must_be_the_same) {
  const auto same = read(text({a_case(0, 0, 1.5), a_case(0, 0, 1.5)}));
  ASSERT_TRUE(same);
  EXPECT_TRUE(benchmark_records(*same));
  const auto file = read(text({a_case(0, 0, 1.5), a_case(0, 0, 1.6)}));
  ASSERT_TRUE(file);
  const auto records = benchmark_records(*file);
  ASSERT_FALSE(records);
  EXPECT_NE(records.error().front().text().find("b.json: point 0 is there twice"),
            std::string::npos);
}

// The study in the JSON is called by the file's name where there is something to say of it.
TEST_F(BenchmarkFileTest, what_is_wrong_with_its_study_is_said_of_the_file) {
  const auto file =
      read(Json{{"context", {{"study", "name = 'x'\nnmae = 'y'\n"}}}, {"benchmarks", Json::array()}}
               .dump());
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().front().text().find("b.json:2:1: unknown key nmae"), std::string::npos)
      << file.error().front().text();
}

TEST_F(BenchmarkFileTest, what_is_none_is_refused_in_a_line) {
  Json without = a_case(0, 0, 1);
  without.erase("events");
  Json outcome = a_case(0, 0, 1);
  outcome["label"] = "fine";
  for (const std::string& bad :
       {std::string("{"), std::string("[]"), std::string("{\"context\":{}}"), text({without}),
        text({outcome}), text({a_case(2, 0, 1)})}) {
    const auto file = read(bad);
    ASSERT_FALSE(file) << bad;
    EXPECT_EQ(file.error().size(), 1u);
    EXPECT_NE(file.error().front().text().find("study_bench"), std::string::npos);
  }
  EXPECT_FALSE(read_benchmark_file(folder_ + "/nothing.json"));
}

}  // namespace
}  // namespace mhp::study::benchmark_file_test
