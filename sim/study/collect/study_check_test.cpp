// Files of every schema there ever was are read and found right; what is broken in a copy is named.
#include "sim/study/collect/study_check.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "sim/record/run_file.hpp"
#include "sim/run/result/recorded_run.hpp"

namespace mhp::study {
namespace {

using record::FileContent;
using Reals = std::vector<double>;

/// A frozen file, unpacked.
class Frozen {
 public:
  explicit Frozen(const std::string& name)
      : path_(::testing::TempDir() + "frozen-" + std::to_string(::getpid()) + "-" + name) {
    const std::string packed = MHP_SOURCE_DIR "/sim/tests/frozen/" + name + ".gz";
    gzFile from = gzopen(packed.c_str(), "rb");
    if (from == nullptr) throw std::runtime_error("no " + packed);
    std::ofstream to(path_, std::ios::binary);
    std::array<char, 65536> bytes{};
    for (int got = 0; (got = gzread(from, bytes.data(), bytes.size())) > 0;)
      to.write(bytes.data(), got);
    gzclose(from);
  }
  ~Frozen() { std::filesystem::remove(path_); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

  const std::string& path() const { return path_; }
  FileContent content() const {
    auto file = record::read_file(path_);
    if (!file) throw std::runtime_error(file.error().front().text());
    return std::move(*file);
  }

 private:
  std::string path_;
};

std::string all(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TEST(frozen_files, of_every_schema_are_right) {
  for (const auto& [name, schema] :
       {std::pair{"run-1.h5", "mhpsim-run/1"}, std::pair{"run-2.h5", "mhpsim-run/2"},
        std::pair{"study-1.h5", "mhpsim-study/1"}, std::pair{"shard-1.h5", "mhpsim-shard/1"}}) {
    const Frozen file(name);
    const auto checked = check_result_file(file.path());
    ASSERT_TRUE(checked.has_value()) << checked.error().front().text();
    EXPECT_EQ(checked->schema, schema);
    EXPECT_EQ(all(checked->check.faults), "") << name;
    EXPECT_GT(checked->check.looked_at.size(), 3U) << name;
  }
}

// Both hold the same run: a guest that gets 2 GiB with the memmap in the range.
TEST(frozen_files, runs_have_the_same_metrics_and_times_in_every_schema) {
  const FileContent old = Frozen("run-1.h5").content(), now = Frozen("run-2.h5").content();
  const auto before = run::recorded_metrics(old), after = run::recorded_metrics(now);
  ASSERT_GT(before.size(), 50U);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].column, after[i].column);
    EXPECT_EQ(before[i].name, after[i].name);
    EXPECT_EQ(before[i].phase, after[i].phase) << before[i].name;
    EXPECT_EQ(before[i].unit, after[i].unit) << before[i].name;
    EXPECT_EQ(before[i].better, after[i].better) << before[i].name;
    EXPECT_EQ(before[i].value, after[i].value) << before[i].name;
  }
  for (const FileContent* file : {&old, &now}) {
    const auto run = run::recorded_run(*file, "run.h5");
    ASSERT_TRUE(run.has_value()) << run.error().front().text();
    EXPECT_NE(run->find("time_to_add"), nullptr);
    EXPECT_TRUE(run::recorded_scenario(*file, "run.h5").has_value());
  }
}

record::Variable& variable(FileContent& file, const std::string& group, const std::string& name) {
  for (record::Group& g : file.groups)
    for (auto* list : {&g.coordinates, &g.variables})
      for (record::Variable& v : *list)
        if (g.name == group && v.name == name) return v;
  throw std::runtime_error("no variable " + group + "/" + name);
}

struct Breakage {
  const char* what;
  std::function<void(FileContent&)> make;
  const char* said;
};

const Breakage kBreakages[] = {
    {"a metric is missing",
     [](FileContent& f) { variable(f, "results", "usable_bytes").name = "usable"; },
     "there is no variable results/usable_bytes"},
    {"a unit", [](FileContent& f) { variable(f, "results", "usable_bytes").units = "page"; },
     "results/usable_bytes has the unit 'page', not 'byte'"},
    {"axes", [](FileContent& f) { variable(f, "results", "usable_bytes").dims.pop_back(); },
     "results/usable_bytes has the axes (memmap_placement,size), not"},
    {"a long_name",
     [](FileContent& f) { variable(f, "compare", "usable_bytes_diff").long_name.clear(); },
     "compare/usable_bytes_diff has no long_name"},
    {"an attribute",
     [](FileContent& f) {
       std::erase_if(f.attributes, [](const auto& a) { return a.name == "baseline"; });
     },
     "there is no attribute 'baseline'"},
    {"a figure of what was not simulated",
     [](FileContent& f) {
       std::get<record::Flags>(variable(f, "runs", "status").data).values[0] = 1;
     },
     "of a run that is not complete"},
    {"a study that says it is complete",
     [](FileContent& f) {
       std::get<record::Flags>(variable(f, "runs", "status").data).values[0] = 1;
     },
     "attribute status is 'complete', runs are missing"},
    {"replicates",
     [](FileContent& f) {
       std::get<Reals>(variable(f, "results", "usable_bytes").data)[0] =
           std::numeric_limits<double>::quiet_NaN();
     },
     "results_ci/usable_bytes_n: point 0: 1 replicates reached it, not 2"},
    {"an interval",
     [](FileContent& f) {
       std::get<Reals>(variable(f, "results_ci", "usable_bytes_lo").data)[0] = 2;
       std::get<Reals>(variable(f, "results_ci", "usable_bytes_hi").data)[0] = 1;
     },
     "results_ci/usable_bytes: point 0: an interval from 2 to 1"},
    {"significance",
     [](FileContent& f) {
       std::get<Reals>(variable(f, "compare", "usable_bytes_lo").data)[0] = 1;
       std::get<Reals>(variable(f, "compare", "usable_bytes_hi").data)[0] = 2;
       std::get<record::Flags>(variable(f, "compare", "usable_bytes_significant").data).values[0] =
           0;
     },
     "compare/usable_bytes_significant: point 0: no, with 1 to 2"},
};

TEST(study_check, every_law_that_is_broken_is_named) {
  const FileContent whole = Frozen("study-1.h5").content();
  for (const Breakage& breakage : kBreakages) {
    FileContent file = whole;
    breakage.make(file);
    const std::string said = all(check_study_file(file).faults);
    EXPECT_NE(said.find(breakage.said), std::string::npos) << breakage.what << " is told as:\n"
                                                           << said;
  }
}

TEST(study_check, a_file_of_another_schema_is_none_that_is_known) {
  const std::string path = ::testing::TempDir() + "other-" + std::to_string(::getpid()) + ".h5";
  FileContent file;
  file.attribute("schema", "mhpsim-run/99");
  ASSERT_TRUE(record::write_file(file, path, /*force=*/true).has_value());
  const auto checked = check_result_file(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(checked.has_value());
  EXPECT_NE(checked.error().front().text().find("'mhpsim-run/99' is none that this program knows"),
            std::string::npos);
}

}  // namespace
}  // namespace mhp::study
