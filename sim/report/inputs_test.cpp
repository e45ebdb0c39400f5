#include "sim/report/inputs.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/report/run_files.hpp"

namespace mhp::report {
namespace {

/// The one line that is said of what cannot be read.
std::string refusal(const std::vector<std::string>& paths) {
  const auto in = read_inputs(paths);
  if (in) return "read";
  EXPECT_EQ(in.error().size(), 1u);
  return in.error().front().text();
}

void expect_refused(const std::vector<std::string>& paths, const std::string& because) {
  const std::string text = refusal(paths);
  EXPECT_NE(text.find(because), std::string::npos) << text;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(Inputs, a_folder_of_a_comparison_has_the_baseline_first) {
  const ScratchFolder folder;
  const auto s = small_guest();
  for (const char* placement : {"boot_memory", "hotplugged_range"})
    for (const std::uint64_t r : {0u, 1u})
      keep(content_of(s, placement, r),
           folder.path(std::string(placement) + "-r" + std::to_string(r) + ".h5"));
  write(folder.path("compare.json"),
        R"({"placements": [{"name": "hotplugged_range"}, {"name": "boot_memory"}, {"name": 7}]})");
  const auto in = read_inputs({folder.path()});
  ASSERT_TRUE(in.has_value());
  EXPECT_EQ(in->columns, (std::vector<std::string>{"hotplugged_range", "boot_memory"}));
  ASSERT_EQ(in->runs.size(), 4u);
  EXPECT_EQ(in->runs[1].column, "hotplugged_range");
  EXPECT_EQ(in->runs[1].replicate, 1);
  EXPECT_EQ(in->runs[0].file.crc32.size(), 8u);
  EXPECT_TRUE(in->runs[0].content != nullptr);
  EXPECT_TRUE(in->runs[1].content == nullptr) << "of further replicates the figures are enough";
  EXPECT_FALSE(in->runs[1].figures.empty());
}

TEST(Inputs, runs_of_two_scenarios_are_compared_by_file_if_they_are_named) {
  const ScratchFolder folder;
  const std::string before = folder.path("before.h5"), after = folder.path("after.h5");
  keep(content_of(small_guest(), "boot_memory"), before);
  keep(content_of(small_guest({"kernel.memory_block_size=256MiB"}), "boot_memory"), after);
  const auto in = read_inputs({before, after});
  ASSERT_TRUE(in.has_value());
  EXPECT_EQ(in->columns, (std::vector<std::string>{"before", "after"}));
  expect_refused({folder.path()}, "more than one scenario");
}

TEST(Inputs, the_seed_and_the_placement_make_no_other_scenario) {
  const ScratchFolder folder;
  keep(content_of(small_guest({"kernel.memmap_placement=boot_memory"}), "boot_memory"),
       folder.path("a.h5"));
  keep(content_of(small_guest({"kernel.memmap_placement=hotplugged_range"}), "hotplugged_range"),
       folder.path("b.h5"));
  EXPECT_EQ(refusal({folder.path()}), "read");
}

TEST(Inputs, what_is_no_result_is_refused) {
  const ScratchFolder folder;
  expect_refused({folder.path("none.h5")}, "No such file");
  expect_refused({folder.path()}, "no result of mhpsim");
  write(folder.path("notes.txt"), "hello");
  expect_refused({folder.path("notes.txt")}, "no result of mhpsim");
  write(folder.path("answer.json"), R"({"schema": "mhpsim-compare/1"})");
  expect_refused({folder.path("answer.json")}, "no result of mhpsim");
  expect_refused({folder.path("answer.json"), folder.path("notes.txt")}, "answer.json");
}

TEST(Inputs, a_sweep_that_is_not_collected_says_how) {
  const ScratchFolder folder;
  write(folder.path("study.toml"), "name = \"s\"\n");
  expect_refused({folder.path()}, "mhpsim collect");
}

TEST(Inputs, a_damaged_file_is_refused) {
  const ScratchFolder folder;
  const std::string path = folder.path("run.h5");
  keep(content_of(small_guest(), "boot_memory"), path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(3000);
  file.put('\x5a');
  file.close();
  expect_refused({path}, "run.h5");
}

TEST(Inputs, one_run_twice_and_two_models_are_refused) {
  const ScratchFolder folder;
  auto content = content_of(small_guest(), "boot_memory");
  keep(content, folder.path("a.h5"));
  keep(content, folder.path("b.h5"));
  expect_refused({folder.path("a.h5"), folder.path("b.h5")}, "twice");
  for (auto& a : content.attributes)
    if (a.name == "model_version") a.value = "0";
  keep(content, folder.path("c.h5"));
  expect_refused({folder.path("a.h5"), folder.path("c.h5")}, "version 0 of the model");
}

TEST(Inputs, an_answer_is_known_by_its_schema) {
  const ScratchFolder folder;
  write(folder.path("answer.json"), R"({"schema": "mhpsim-plan/1", "answers": []})");
  for (const std::string& path : {folder.path(), folder.path("answer.json")}) {
    const auto in = read_inputs({path});
    ASSERT_TRUE(in.has_value());
    EXPECT_TRUE(in->answer != nullptr);
    EXPECT_FALSE(in->study.has_value());
  }
}

}  // namespace
}  // namespace mhp::report
