// The shipped questions: their answers follow from the arithmetic in their heads.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "sim/core/scratch_folder.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/run/run.hpp"
#include "sim/study/question/answer.hpp"

namespace mhp::question::shipped_test {
namespace {

/// A shipped question and its answer.
struct Shipped {
  explicit Shipped(const std::string& name)
      : Shipped(name, *load_question(MHP_SOURCE_DIR "/configs/questions/" + name + ".toml", {})) {}
  Shipped(const std::string& name, Question asked)
      : question(std::move(asked)),
        plan(question.study),
        scenarios(plan),
        runs(scenarios, {.budget = question.effort.budget, .threads = 2}),
        answer(*question::answer(question, runs)) {
    for (const Part& part : answer.parts) EXPECT_EQ(part.status, Status::answered) << name;
  }

  std::int64_t best(std::size_t part) const {
    const Part& p = answer.parts.at(part);
    return p.points.at(*p.best).value;
  }

  Question question;
  study::Plan plan;
  study::Scenarios scenarios;
  Runs runs;
  Answer answer;
};

// 8 nodes of M GiB of which 1/64 is boot memmap. On them 16 GiB reserved, 8 programs of 64 GiB, and
// the memmap of a board of 512 GiB, 8 GiB. What is over must be more than the reserves, which are
// far below the 2 GiB * 8 of a step. Parts: placement by block size.
TEST(shipped, least_boot_memory_holds_what_is_there_before_the_first_board_is_online) {
  const Shipped s("least-boot-memory");
  const auto least = [](std::int64_t taken) {
    std::int64_t m = 60;
    while (8 * 63 * m <= 64 * taken) m += 2;
    return m * kGiB;
  };
  EXPECT_EQ(s.best(0), least(16 + 8 * 64 + 8));
  EXPECT_EQ(s.best(1), s.best(0)) << "blocks of 2 GiB change nothing";
  EXPECT_EQ(s.best(2), least(16 + 8 * 64));
  EXPECT_EQ(s.best(3), s.best(2));
  // Without a memmap to pay, the program is what binds.
  const Part& range = s.answer.parts[2];
  const auto& found = range.points[*range.beyond].findings;
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_EQ(found[i].standing == Standing::fails,
              s.question.objectives[i].text() == "workload_killed == 0")
        << s.question.objectives[i].text();
}

// A DIMM of 32 GiB has a memmap of 512 MiB. Boot memory of 4 GiB holds 8 of them, were all of it
// free; less its own memmap of 64 MiB and 100 MiB reserved it holds 7.
TEST(shipped, movable_dimms_pay_from_the_first_node_alone) {
  const Shipped s("movable-dimms");
  EXPECT_EQ(s.best(0), (4096 - 64 - 100) / 512);
  for (const std::size_t part : {1u, 2u, 3u}) EXPECT_EQ(s.best(part), 32);
}

// 4 TiB: 4096 pages of 1 GiB, or in blocks of b GiB (b - 1) / b of them.
TEST(shipped, block_size_leaves_half_of_the_gigantic_pages) {
  const Shipped s("block-size");
  const Part& part = s.answer.parts[0];
  ASSERT_EQ(part.points.size(), 6u);
  EXPECT_EQ(*part.best, 5u) << "hotplugged_range, 2 GiB";
  EXPECT_EQ(part.points[5].findings[2].low, 2048);
  EXPECT_EQ(part.points[4].findings[2].low, 0) << "hotplugged_range, 1 GiB";
  EXPECT_EQ(part.points[2].findings[1].low, 64.0 * kGiB) << "boot_memory: 4 TiB / 64";
  EXPECT_EQ(*part.beyond, 2u) << "boot_memory, 2 GiB would be sooner";
}

TEST(shipped, removable_dimm_must_not_hold_its_neighbours_memmap) {
  const Shipped s("removable-dimm");
  const Part& part = s.answer.parts[0];
  EXPECT_EQ(part.points[0].label, kFails) << "boot_memory, online_kernel";
  for (const std::size_t i : {1u, 2u, 3u}) EXPECT_EQ(part.points[i].label, kHolds);
  EXPECT_EQ(*part.best, 1u) << "boot_memory, online_movable: the fewest walks";
}

/// Pages of memmap in boot memory, and 1 GiB pages that are left, of the shipped scenario of huge
/// pages with 4 GiB in eight blocks.
std::pair<std::int64_t, std::int64_t> of_eight_blocks(const std::string& map) {
  const auto scenario =
      config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/huge-pages.toml",
                            {"hotplug.0.size=4GiB", "kernel.memory_block_size=512MiB",
                             "kernel.memmap_placement=per_block", map});
  const auto run = run::simulate(*scenario, {});
  std::pair<std::int64_t, std::int64_t> found{-1, -1};
  for (const run::Metric& m : run.metrics) {
    if (m.name == "memmap_pages_boot") found.first = *m.value;
    if (m.name == "gigantic_pages_possible") found.second = *m.value;
  }
  return found;
}

// 512 MiB of 2 MiB each. On a small machine no other map of blocks does better than the one that is
// found: of all 256, the most 1 GiB pages that 32 MiB of boot memory leave.
TEST(shipped, per_block_mix_is_the_best_of_all_maps) {
  EXPECT_EQ(Shipped("per-block-mix").best(0), 256);
  const ScratchFolder scratch;
  const std::string file = scratch.path() + "/small.toml";
  std::ofstream(file) << "name = 'small'\nscenario = '" MHP_SOURCE_DIR
                         "/configs/scenarios/huge-pages.toml'\n"
                         "objectives = ['memmap_pages_boot <= 32MiB']\n"
                         "[set]\nkernel.memmap_placement = 'per_block'\n"
                         "kernel.memory_block_size = '512MiB'\nhotplug.0.size = '4GiB'\n"
                         "[ask]\nfind = 'largest'\nkey = 'kernel.memmap_boot_blocks'\n"
                         "from = 0\nto = 8\nstep = 1\n";
  const Shipped small("small", *load_question(file, {}));
  ASSERT_EQ(small.best(0), 4);
  const std::string found = "kernel.memmap_boot_blocks=4";
  std::int64_t most = 0;
  for (unsigned map = 0; map < 256; ++map) {
    if (__builtin_popcount(map) > 4) continue;  // 8 MiB each
    std::string runs = "kernel.memmap_per_block=[";
    for (int b = 0; b < 8; ++b)
      runs += fmt::format("\"{}{}\"{}", (map >> b & 1u) != 0 ? "boot_memory" : "hotplugged_range",
                          b < 7 ? "*1" : "", b < 7 ? "," : "]");
    const auto [boot, gigantic] = of_eight_blocks(runs);
    ASSERT_LE(boot * kPageSize, 32 * kMiB);
    most = std::max(most, gigantic);
  }
  EXPECT_EQ(of_eight_blocks(found).second, most);
  EXPECT_EQ(most, 2);
}

// Reclaim grows with the load and the walks do not. So the range is quicker on the busy side and
// boot memory on the other, with one change between; where it lies is what was asked.
TEST(shipped, break_even_changes_once_and_is_decided_by_intervals) {
  const Shipped s("break-even");
  const Part& part = s.answer.parts[0];
  ASSERT_EQ(part.changes.size(), 1u);
  const auto [before, after] = part.changes[0];
  EXPECT_EQ(part.points[before].label, kSecond);
  EXPECT_EQ(part.points[after].label, kFirst);
  EXPECT_LT(*part.points[before].figure->hi, 0);
  EXPECT_GT(*part.points[after].figure->lo, 0);
}

}  // namespace
}  // namespace mhp::question::shipped_test
