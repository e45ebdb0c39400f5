// Answers whose value a formula gives.
#include "sim/study/question/answer.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/run/run.hpp"
#include "sim/study/question/evidence.hpp"

namespace mhp::question::answer_test {
namespace {

const std::string kGuest =
    "name = 'x'\nscenario = '" MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml'\n";

/// A question and the answer to it.
struct Answered {
  Question question;
  Answer answer;

  const Part& part(std::size_t i = 0) const { return answer.parts.at(i); }
  std::int64_t best(std::size_t i = 0) const { return part(i).points.at(*part(i).best).value; }
  std::int64_t beyond(std::size_t i = 0) const { return part(i).points.at(*part(i).beyond).value; }
};

class AnswerTest : public testing::Test {
 protected:
  Result<Answered> ask(const std::string& text, unsigned threads = 1) const {
    std::ofstream(folder_ + "/q.toml") << text;
    auto q = load_question(folder_ + "/q.toml", {});
    if (!q) return tl::unexpected<Diagnostics>(q.error());
    const study::Plan plan(q->study);
    const study::Scenarios scenarios(plan);
    Runs runs(scenarios, {.budget = q->effort.budget, .threads = threads});
    auto found = answer(*q, runs);
    if (!found) return tl::unexpected<Diagnostics>(found.error());
    return Answered{std::move(*q), std::move(*found)};
  }

  Answered good(const std::string& text, unsigned threads = 1) const {
    auto found = ask(text, threads);
    if (!found) throw std::runtime_error(found.error().front().text());
    return std::move(*found);
  }

  ScratchFolder scratch_;
  const std::string folder_ = scratch_.path();
};

std::string search_of(const std::string& find, const std::string& from, const std::string& to,
                      const std::string& step) {
  return "[ask]\nfind = '" + find + "'\nkey = 'hotplug.0.size'\nfrom = '" + from + "'\nto = '" +
         to + "'\nstep = '" + step + "'\n";
}

const std::string kPlacements =
    "[[axis]]\nkey = 'kernel.memmap_placement'\nvalues = ['boot_memory', 'hotplugged_range']\n";

// 64 bytes a page of 4 KiB: what has a memmap of at most 100 MiB has at most 64 * 100 MiB = 6400
// MiB, which is 50 blocks of 128 MiB.
TEST_F(AnswerTest, the_memory_whose_memmap_fills_an_amount_is_64_times_as_much) {
  const Answered a = good("objectives = ['memmap_pages_boot <= 100MiB']\n" + kGuest +
                          search_of("largest", "128MiB", "16GiB", "128MiB"));
  EXPECT_EQ(a.part().status, Status::answered);
  EXPECT_EQ(a.best(), 6400 * kMiB);
  EXPECT_EQ(a.beyond(), 6528 * kMiB);
  const Point& beyond = a.part().points[*a.part().beyond];
  ASSERT_EQ(beyond.findings.size(), 2u);
  EXPECT_EQ(beyond.findings[0].standing, Standing::holds) << "outcome == ok";
  EXPECT_EQ(beyond.findings[1].standing, Standing::fails) << "what binds";
  EXPECT_EQ(beyond.findings[1].high, 102.0 * kMiB);
}

// With the memmap in the range a block of 128 MiB has 126 MiB to use, and MemTotal grows by 126 MiB
// a block: 5 GiB need 5120 / 126 = 40.6, so 41 blocks. In boot memory 40 blocks show 5120 MiB.
TEST_F(AnswerTest, the_least_memory_that_shows_an_amount_pays_its_memmap) {
  const Answered a = good("objectives = ['mem_total_delta >= 5GiB']\n" + kGuest + kPlacements +
                          search_of("least", "128MiB", "12GiB", "128MiB"));
  ASSERT_EQ(a.answer.parts.size(), 2u);
  EXPECT_EQ(a.best(0), 40 * 128 * kMiB);
  EXPECT_EQ(a.best(1), 41 * 128 * kMiB);
  EXPECT_EQ(a.beyond(1), 40 * 128 * kMiB);
  EXPECT_EQ(a.part(1).status, Status::answered);
}

// kata-containers: 48 times 256 MiB fit (PR 4862), 60 times do not (issue 1621). And by the model's
// books: each section of 128 MiB takes one free block of order 9 for its memmap, and one is broken
// up for page tables and slab.
TEST_F(AnswerTest, the_kata_bracket_holds_and_the_answer_is_the_last_block_that_fits) {
  const Answered a = good(kGuest + kPlacements + search_of("largest", "128MiB", "16GiB", "128MiB"));
  EXPECT_GE(a.best(0), 48 * 256 * kMiB);
  EXPECT_LT(a.best(0), 60 * 256 * kMiB);
  EXPECT_EQ(a.beyond(0) - a.best(0), 128 * kMiB);
  EXPECT_EQ(a.part(0).points[*a.part(0).beyond].findings[0].outcome, run::Outcome::enomem);
  EXPECT_EQ(a.best(1), 16 * kGiB) << "in the range nothing binds";
  EXPECT_FALSE(a.part(1).beyond);
  const run::RunResult run = run::simulate(a.question.study.base.scenario(), {});
  std::int64_t order9 = 0;
  for (const auto& zone : run.samples.front().zones)
    order9 += zone.free_blocks[9] + 2 * zone.free_blocks[10];
  EXPECT_EQ(a.best(0), (order9 - 1) * 128 * kMiB);
  // Tried one by one, no other block is the first to fail.
  const Answered all =
      good("grid = 1000\n" + kGuest + search_of("largest", "12GiB", "15GiB", "128MiB"));
  EXPECT_EQ(all.part().points.size(), 25u);
  EXPECT_EQ(all.best(), a.best(0));
}

// A hypervisor that takes 10 s to add any device, and one that touches 1 GiB a second before the
// guest sees it: both take 10 s for 10 GiB, and all else is the same.
const std::string kDevices =
    "[between]\nkey = 'hotplug.0.device'\nlabels = ['fixed', 'touched']\nvalues = [\n"
    "{kind = 'virtual_dimm', device_add = '10s'},\n"
    "{kind = 'virtual_dimm', populate_rate = '1GiB/s'}]\n";

TEST_F(AnswerTest, a_break_even_is_where_the_formula_has_it) {
  const std::string head =
      kGuest + kDevices + "[set]\n'kernel.memmap_placement' = 'hotplugged_range'\n";
  const std::string metric = "metric = 'time_from_insertion'\n";
  const Answered a = good(head + search_of("break_even", "1GiB", "16GiB", "1GiB") + metric);
  EXPECT_EQ(a.part().status, Status::answered);
  const auto& points = a.part().points;
  ASSERT_EQ(a.part().changes.size(), 2u);
  const auto [below, at] = a.part().changes[0];
  const auto [same, above] = a.part().changes[1];
  EXPECT_EQ(points[below].value, 9 * kGiB);
  EXPECT_EQ(points[below].label, kSecond);
  EXPECT_EQ(points[below].figure->mean, -1e9) << "a second sooner";
  EXPECT_EQ(points[at].value, 10 * kGiB);
  EXPECT_EQ(points[at].label, kEqual);
  EXPECT_EQ(points[above].value, 11 * kGiB);
  EXPECT_EQ(points[above].label, kFirst);
  EXPECT_EQ(at, same);
  // On a grid without 10 GiB the change lies between two neighbours.
  const Answered b = good(head + search_of("break_even", "1152MiB", "16GiB", "512MiB") + metric);
  ASSERT_EQ(b.part().changes.size(), 1u);
  EXPECT_EQ(b.part().points[b.part().changes[0].first].value, (9 * 1024 + 640) * kMiB);
  EXPECT_EQ(b.part().points[b.part().changes[0].second].value, (10 * 1024 + 128) * kMiB);
}

TEST_F(AnswerTest, of_two_placements_the_one_that_fails_is_out) {
  const Answered a =
      good(kGuest +
           "[between]\nkey = 'kernel.memmap_placement'\n"
           "values = ['boot_memory', 'hotplugged_range']\n" +
           search_of("break_even", "1GiB", "16GiB", "128MiB") + "metric = 'time_to_online'\n");
  ASSERT_EQ(a.part().changes.size(), 1u);
  const auto& points = a.part().points;
  EXPECT_EQ(points.front().label, kFirst) << "each block is walked over once, not twice";
  const Answered largest = good(kGuest + search_of("largest", "1GiB", "16GiB", "128MiB"));
  EXPECT_EQ(points[a.part().changes[0].first].value, largest.best());
  EXPECT_EQ(points[a.part().changes[0].second].label, kOnlySecond);
}

// In the range a block of 128 MiB begins with 2 MiB that cannot move, and so does every 1 GiB: no
// gigantic page. A block of 2 GiB begins with 32 MiB and has one whole 1 GiB; in boot memory both
// of its two are. 8 GiB: 0, 4 and 8 pages.
TEST_F(AnswerTest, the_cheapest_is_the_best_of_those_that_meet_the_objectives) {
  const std::string axes =
      kPlacements + "[[axis]]\nkey = 'kernel.memory_block_size'\nvalues = ['128MiB', '2GiB']\n";
  const std::string text = kGuest + axes +
                           "[set]\n'hotplug.0.size' = '8GiB'\n"
                           "[ask]\nfind = 'cheapest'\nmetric = 'gigantic_pages_possible'\n";
  const Answered a = good(text);
  ASSERT_EQ(a.part().points.size(), 4u);
  const auto pages = [](const Answered& of, std::size_t i) {
    return of.part().points[i].figure->mean;
  };
  EXPECT_EQ(pages(a, 0), 8);  // boot memory, 128 MiB
  EXPECT_EQ(pages(a, 1), 8);  // boot memory, 2 GiB
  EXPECT_EQ(pages(a, 2), 0);
  EXPECT_EQ(pages(a, 3), 4);
  EXPECT_EQ(*a.part().best, 0u) << "more is better";
  EXPECT_EQ(a.part().equals, (std::vector<std::size_t>{1}));
  EXPECT_FALSE(a.part().beyond);
  // 8 GiB have a memmap of 128 MiB. A byte less, and both must do without.
  const Answered b = good("objectives = ['memmap_pages_boot <= 134217727B']\n" + text);
  EXPECT_EQ(*b.part().best, 3u);
  EXPECT_EQ(*b.part().beyond, 0u) << "better, but fails";
  const Answered c = good("objectives = ['memmap_pages_boot < 0B']\n" + text);
  EXPECT_EQ(c.part().status, Status::none);
}

TEST_F(AnswerTest, a_parameter_can_be_the_cost) {
  const Answered a = good(kGuest +
                          "[ask]\nfind = 'cheapest'\nmetric = 'machine.node.0.memory'\n"
                          "[[axis]]\nkey = 'machine.node.0.memory'\n"
                          "values = ['512MiB', '256MiB', '384MiB']\n");
  EXPECT_EQ(*a.part().best, 2u) << "256 MiB are too few for 15 GiB, 384 do";
  EXPECT_EQ(a.part().points[*a.part().beyond].figure->mean, 256.0 * kMiB);
}

TEST_F(AnswerTest, what_nothing_meets_is_answered_with_what_fails) {
  const Answered a = good("objectives = ['time_to_usable <= 1ns']\n" + kGuest +
                          search_of("largest", "1GiB", "4GiB", "1GiB"));
  EXPECT_EQ(a.part().status, Status::none);
  EXPECT_FALSE(a.part().best);
  EXPECT_EQ(a.beyond(), 1 * kGiB) << "the easiest of the range";
}

TEST_F(AnswerTest, a_budget_that_is_too_small_leaves_a_bracket) {
  const Answered a =
      good("budget = 7\n" + kGuest + search_of("largest", "128MiB", "16GiB", "128MiB"));
  EXPECT_EQ(a.part().status, Status::not_determined);
  EXPECT_TRUE(a.answer.out_of_budget);
  EXPECT_EQ(a.answer.runs, 7);
  EXPECT_LE(a.best(), 13 * kGiB);
  EXPECT_GT(a.beyond(), 13 * kGiB);
}

// A constraint is what fails without a run.
TEST_F(AnswerTest, constraints_bound_the_search_and_cost_nothing) {
  const Answered a = good("constraints = ['size <= 6GiB']\n" + kGuest +
                          search_of("largest", "1GiB", "12GiB", "1GiB"));
  EXPECT_EQ(a.best(), 6 * kGiB);
  EXPECT_TRUE(a.part().points[*a.part().beyond].excluded);
  std::int64_t simulated = 0;
  for (const Point& p : a.part().points) simulated += p.excluded ? 0 : 1;
  EXPECT_EQ(a.answer.runs, simulated);
}

// 4 GiB, which the grid meets, is taken out: sizes hold below and above it.
TEST_F(AnswerTest, where_it_is_not_monotone_everything_beyond_is_tried) {
  const Answered a = good("constraints = ['hotplug.0.size != 4GiB']\n" + kGuest +
                          search_of("largest", "1GiB", "15GiB", "1GiB") + "\n");
  EXPECT_FALSE(a.part().one_stretch);
  EXPECT_EQ(a.best(), 13 * kGiB);
  EXPECT_EQ(a.part().status, Status::answered);
}

// The quickstart's load draws at random. Its mean latency is compared with a limit far below, far
// above and at what it is: the last stays open however often it is simulated.
TEST_F(AnswerTest, what_chance_leaves_open_is_said_to_be_open) {
  const std::string head =
      "name = 'x'\nscenario = '" MHP_SOURCE_DIR
      "/configs/scenarios/quickstart.toml'\nreplicates = 2\n"
      "max_replicates = 4\n[set]\n'hotplug.1.size' = '2GiB'\nsettle = '100ms'\n"
      "'hotplug.0.device.training' = '0s'\n'hotplug.1.device.training' = '0s'\n"
      "'hotplug.0.device.insertion' = '0s'\n'hotplug.1.device.insertion' = '0s'\n";
  const auto asked = [&](const std::string& limit) {
    return good("objectives = ['mean(workload_latency_mean) <= " + limit + "']\n" + head +
                search_of("largest", "2GiB", "4GiB", "2GiB"));
  };
  EXPECT_EQ(asked("1s").part().status, Status::answered);
  EXPECT_EQ(asked("1us").part().status, Status::none);
  const Answered a = asked("1s");
  ASSERT_EQ(a.part().points.front().replicates, 2) << "enough for what is clear";
  const auto& interval = a.part().points.front().findings[1];
  ASSERT_LT(*interval.low, *interval.high) << "the load is random";
  const auto middle = static_cast<std::int64_t>((*interval.low + *interval.high) / 2);
  const Answered open = asked(std::to_string(middle) + "ns");
  EXPECT_EQ(open.part().status, Status::not_determined);
  EXPECT_FALSE(open.answer.out_of_budget);
  EXPECT_EQ(open.part().points.front().replicates, 4) << "as many as it may have";
}

TEST_F(AnswerTest, threads_change_nothing) {
  const std::string text = kGuest + kPlacements + search_of("largest", "128MiB", "16GiB", "128MiB");
  const Answered one = good(text, 1);
  const Answered four = good(text, 4);
  ASSERT_EQ(one.answer.runs, four.answer.runs);
  for (std::size_t p = 0; p < 2; ++p) {
    ASSERT_EQ(one.part(p).points.size(), four.part(p).points.size());
    for (std::size_t i = 0; i < one.part(p).points.size(); ++i)
      EXPECT_EQ(one.part(p).points[i].value, four.part(p).points[i].value);
  }
}

TEST_F(AnswerTest, a_metric_that_no_run_has_is_told_after_the_first_runs) {
  const auto a = ask("objectives = ['psi_longst <= 1ms']\n" + kGuest +
                     search_of("largest", "1GiB", "12GiB", "1GiB"));
  ASSERT_FALSE(a);
  EXPECT_NE(a.error().front().text().find("q.toml:1:15: no run has a metric 'psi_longst'; did you "
                                          "mean psi_longest"),
            std::string::npos)
      << a.error().front().text();
}

// Every run of the answer is in the study that is kept of it, under the same identity.
TEST_F(AnswerTest, the_evidence_is_a_study_of_the_points_that_were_tried) {
  const Answered a = good(kGuest + kPlacements + search_of("largest", "128MiB", "16GiB", "128MiB"));
  const auto study = evidence(a.question, a.answer);
  ASSERT_TRUE(study) << study.error().front().text();
  const study::Plan asked(a.question.study);
  const study::Scenarios of_question(asked);
  const study::Plan plan(*study);
  const study::Scenarios scenarios(plan);
  std::set<std::uint64_t> ids;
  for (std::uint64_t p = 0; p < plan.points(); ++p)
    ids.insert(run::run_id(scenarios.hash(plan.at(p)), 0));
  EXPECT_EQ(ids.size(), plan.points());
  for (const Part& part : a.answer.parts)
    for (const Point& point : part.points)
      EXPECT_EQ(ids.count(run::run_id(of_question.hash(point.position), 0)), 1u);
}

}  // namespace
}  // namespace mhp::question::answer_test
