#include "sim/study/sweep/shard_env.hpp"

#include <gtest/gtest.h>

#include <map>

namespace mhp::study::shard_env_test {
namespace {

std::optional<FoundShard> from(std::map<std::string, std::string> variables) {
  return shard_from([variables](const std::string& name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  });
}

void expect(const std::optional<FoundShard>& found, std::uint64_t index, std::uint64_t count) {
  ASSERT_TRUE(found);
  EXPECT_EQ(found->shard.index, index);
  EXPECT_EQ(found->shard.count, count);
}

TEST(shard_from, nothing_says_nothing) {
  EXPECT_FALSE(from({}));
  EXPECT_FALSE(from({{"SLURM_JOB_ID", "5"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}))
      << "a batch script runs once, however many tasks the job has";
  EXPECT_FALSE(from({{"PMI_RANK", "4"}, {"PMI_SIZE", "4"}}));
  EXPECT_FALSE(from({{"PMI_RANK", "x"}, {"PMI_SIZE", "4"}}));
}

TEST(shard_from, a_slurm_array_counts_from_its_least_id_in_its_steps) {
  expect(from({{"SLURM_ARRAY_TASK_ID", "2"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}), 2, 4);
  expect(from({{"SLURM_ARRAY_TASK_ID", "11"},
               {"SLURM_ARRAY_TASK_COUNT", "4"},
               {"SLURM_ARRAY_TASK_MIN", "5"},
               {"SLURM_ARRAY_TASK_STEP", "2"}}),
         3, 4);
}

TEST(shard_from, launchers_give_rank_and_size) {
  expect(from({{"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "4"}}), 3, 4);
  expect(from({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}), 1, 2);
  expect(from({{"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "3"}, {"SLURM_NTASKS", "3"}}), 1, 3);
  expect(from({{"OMPI_COMM_WORLD_RANK", "3"},
               {"OMPI_COMM_WORLD_SIZE", "4"},
               {"SLURM_PROCID", "0"},
               {"SLURM_STEP_NUM_TASKS", "1"}}),
         3, 4);
}

// Task t of array element a is part a * T + t of A * T.
TEST(shard_from, tasks_within_an_array_multiply) {
  const auto found = from({{"SLURM_ARRAY_TASK_ID", "2"},
                           {"SLURM_ARRAY_TASK_COUNT", "3"},
                           {"SLURM_PROCID", "1"},
                           {"SLURM_STEP_NUM_TASKS", "4"},
                           {"SLURM_CPUS_PER_TASK", "8"}});
  expect(found, 9, 12);
  EXPECT_EQ(found->cpus, 8u);
  EXPECT_EQ(found->variables, "SLURM_ARRAY_TASK_ID and SLURM_PROCID");
}

// No scheduler starts more than a million tasks; what says so is not believed.
TEST(shard_from, counts_beyond_the_limit_of_shards_are_passed_over) {
  const std::string huge = "4294967296";
  EXPECT_FALSE(from({{"SLURM_ARRAY_TASK_ID", "0"}, {"SLURM_ARRAY_TASK_COUNT", huge}}));
  EXPECT_FALSE(from({{"PMI_RANK", "1"}, {"PMI_SIZE", "18446744073709551615"}}));
  EXPECT_FALSE(from({{"PMI_RANK", "1"}, {"PMI_SIZE", "18446744073709551616"}}));
  EXPECT_FALSE(from({{"SLURM_ARRAY_TASK_ID", "0"},
                     {"SLURM_ARRAY_TASK_COUNT", huge},
                     {"SLURM_PROCID", "0"},
                     {"SLURM_STEP_NUM_TASKS", huge}}));
  expect(from({{"SLURM_ARRAY_TASK_ID", "1"},
               {"SLURM_ARRAY_TASK_COUNT", "1000000"},
               {"SLURM_PROCID", "1"},
               {"SLURM_STEP_NUM_TASKS", "2"}}),
         1, 1'000'000);
}

TEST(parse_shard, counts_from_one) {
  EXPECT_EQ(parse_shard("1/1")->count, 1u);
  EXPECT_EQ(parse_shard("2/4")->index, 1u);
  for (const char* wrong : {"", "0/4", "5/4", "1", "1/", "/4", "a/b", "1/2/3", "-1/4"})
    EXPECT_FALSE(parse_shard(wrong)) << wrong;
}

}  // namespace
}  // namespace mhp::study::shard_env_test
