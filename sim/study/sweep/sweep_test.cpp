// Sweeps and what is collected of them: the same bytes however the work is cut, ordered, stopped
// and taken up again.
#include "sim/study/sweep/sweep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/stats/stats.hpp"
#include "sim/study/collect/shard_file.hpp"
#include "sim/study/collect/study_file.hpp"
#include "sim/study/sweep/folder.hpp"
#include "sim/study/sweep/journal_index.hpp"
#include "sim/study/sweep/stopping.hpp"

namespace mhp::study::sweep_test {
namespace {

namespace fs = std::filesystem;

// Sizes around the 12 GiB that just fit, so that runs end well and with ENOMEM.
const std::string kAlone =
    "name = 'guest'\nscenario = \"" MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml\"\n";
const std::string kGuest = "baseline = 'memmap_placement=boot_memory'\n" + kAlone;
const std::string kAxes =
    "[[axis]]\nkey = 'hotplug.0.size'\nvalues = ['1GiB', '12GiB', '15GiB']\n"
    "[[axis]]\nkey = 'kernel.memmap_placement'\nvalues = ['boot_memory', 'hotplugged_range']\n";
// With a load, so that replicates differ.
const std::string kLoad =
    "[set]\nsettle = '20ms'\nworkload.kind = 'steady'\nworkload.resident_percent = 30\n"
    "workload.interval = '1ms'\nworkload.batch_pages = 16\nworkload.batches_held = 8\n"
    "workload.stream = '1MiB'\n";

class SweepTest : public testing::Test {
 protected:
  /// A study with all that is made of it.
  struct Loaded {
    explicit Loaded(Study s) : study(std::move(s)), plan(study), scenarios(plan) {}
    Study study;
    Plan plan;
    Scenarios scenarios;
  };

  std::unique_ptr<Loaded> load(const std::string& text) const {
    std::ofstream(folder_ + "/s.toml") << text;
    auto study = load_study(folder_ + "/s.toml", {});
    if (!study) throw std::runtime_error(study.error().front().text());
    return std::make_unique<Loaded>(std::move(*study));
  }

  std::string folder(const std::string& name) const {
    fs::create_directories(folder_ + '/' + name + "/runs");
    return folder_ + '/' + name;
  }

  SweepOutcome run(const Loaded& l, SweepOptions options) const {
    auto outcome = sweep(l.scenarios, options);
    if (!outcome) throw std::runtime_error(outcome.error().front().text());
    return std::move(*outcome);
  }

  static std::string bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string collect(const Loaded& l, const std::string& from) {
    const auto index = JournalIndex::read(from);
    const auto counts = write_study_file({l.scenarios, *index}, from + "/study.h5", true, files_);
    if (!counts) throw std::runtime_error(counts.error().diagnostics.front().text());
    counts_ = *counts;
    return bytes(from + "/study.h5");
  }

  std::uint64_t count(CellStatus s) const { return counts_[static_cast<std::size_t>(s)]; }

  ScratchFolder scratch_;
  const std::string folder_ = scratch_.path();
  record::SystemFileSink files_;
  StatusCounts counts_{};
};

TEST_F(SweepTest, threads_order_and_shards_leave_no_trace_in_the_collected_file) {
  const auto l = load("replicates = 3\n" + kGuest + kLoad + kAxes);
  run(*l, {.folder = folder("one")});
  const std::string one = collect(*l, folder("one"));
  EXPECT_EQ(count(CellStatus::complete), 18u);
  for (const unsigned threads : {1u, 2u, 8u})
    for (const std::uint64_t shards : {1u, 2u, 4u}) {
      const std::string name = folder(std::to_string(threads) + '-' + std::to_string(shards));
      for (std::uint64_t s = shards; s-- > 0;)
        run(*l, {.folder = name, .threads = threads, .shard = {s, shards}, .shuffle = threads + s});
      EXPECT_TRUE(collect(*l, name) == one) << threads << " threads, " << shards << " shards";
    }
}

TEST_F(SweepTest, a_sweep_in_pieces_is_the_same_as_at_once_and_computes_nothing_twice) {
  const auto l = load("replicates = 2\n" + kGuest + kLoad + kAxes);
  run(*l, {.folder = folder("one")});
  std::uint64_t simulated = 0;
  for (int i = 0; i < 4; ++i) {
    const auto outcome =
        run(*l, {.folder = folder("pieces"), .threads = 2, .shuffle = i, .limit = 3});
    EXPECT_EQ(outcome.counts.reused + outcome.counts.skipped,
              outcome.counts.seen - outcome.counts.simulated);
    simulated += outcome.counts.simulated;
  }
  EXPECT_EQ(simulated, 12u);
  EXPECT_EQ(JournalIndex::read(folder("pieces"))->records(), 12u);
  EXPECT_TRUE(collect(*l, folder("pieces")) == collect(*l, folder("one")));
}

TEST_F(SweepTest, more_replicates_and_values_reuse_what_is_there) {
  const auto few = load("replicates = 2\n" + kGuest + kLoad + kAxes);
  run(*few, {.folder = folder("grown")});
  std::string axes = kAxes;
  axes.replace(axes.find("'12GiB'"), 7, "'12GiB', '2GiB'");
  const auto more = load("replicates = 3\n" + kGuest + kLoad + axes);
  const auto outcome = run(*more, {.folder = folder("grown")});
  EXPECT_EQ(outcome.counts.reused, 12u);
  EXPECT_EQ(outcome.counts.simulated, 24u - 12u);
  run(*more, {.folder = folder("fresh")});
  EXPECT_TRUE(collect(*more, folder("grown")) == collect(*more, folder("fresh")));
}

TEST_F(SweepTest, a_run_of_a_sweep_reproduces_alone) {
  const auto l = load("replicates = 3\n" + kGuest + kLoad + kAxes);
  run(*l, {.folder = folder("one"), .threads = 2, .keep_runs = "size=12GiB,*range,replicate=2"});
  const auto index = JournalIndex::read(folder("one"));
  // size = 12 GiB, hotplugged_range
  const Position position = l->plan.at(3);
  const std::uint64_t id = run::run_id(l->scenarios.hash(position), 2);
  const auto scenario = config::load_scenario(
      MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml",
      {"settle=20ms", "workload.kind=steady", "workload.resident_percent=30",
       "workload.interval=1ms", "workload.batch_pages=16", "workload.batches_held=8",
       "workload.stream=1MiB", "hotplug.0.size=12GiB", "kernel.memmap_placement=hotplugged_range"});
  ASSERT_TRUE(scenario);
  const run::RunResult alone = run::simulate(*scenario, {.seed = 1, .replicate = 2});
  EXPECT_EQ(run::run_id(*scenario, alone), run::hex_text(id));
  const auto record = index->find(id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->fingerprint, alone.fingerprint);
  const auto kept = record::read_file(folder("one") + "/runs/" + run::hex_text(id) + ".h5");
  ASSERT_TRUE(kept);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder("one") + "/runs"), {}), 1);
  // The file of the kept run differs from that of the run alone in its source text only.
  auto content = run::run_content(*scenario, alone);
  std::erase_if(content.groups, [](const auto& g) { return g.name == "provenance"; });
  for (const record::Group& group : content.groups) {
    const auto same = std::find_if(kept->groups.begin(), kept->groups.end(),
                                   [&](const auto& g) { return g.name == group.name; });
    ASSERT_NE(same, kept->groups.end());
    EXPECT_EQ(record::first_difference(*same, group), "");
  }
}

// A key without effect makes other runs with other identities; what happens in them is the same,
// for draws are keyed by seed and replicate alone.
TEST_F(SweepTest, points_see_the_same_draws_and_replicates_others) {
  const auto l = load("replicates = 2\n" + kGuest + kLoad +
                      "[[axis]]\nkey = 'hotplug.0.every'\nvalues = ['1s', '2s']\n"
                      "[[axis]]\nkey = 'kernel.memmap_placement'\nvalues = ['boot_memory']\n");
  run(*l, {.folder = folder("one")});
  const auto index = JournalIndex::read(folder("one"));
  const auto fingerprint = [&](std::uint64_t point, std::uint64_t replicate) {
    return index->find(run::run_id(l->scenarios.hash(l->plan.at(point)), replicate))->fingerprint;
  };
  EXPECT_EQ(index->records(), 4u);
  EXPECT_EQ(fingerprint(0, 0), fingerprint(1, 0));
  EXPECT_EQ(fingerprint(0, 1), fingerprint(1, 1));
  EXPECT_NE(fingerprint(0, 0), fingerprint(0, 1));
}

TEST_F(SweepTest, replications_of_a_point_stop_when_its_interval_is_narrow) {
  const std::string stop = "[stop]\nmetric = 'workload_latency_mean'\nmin = 2\nmax = 12\n";
  const auto wide = load(kGuest + kLoad + kAxes + stop + "relative_half_width = 0.99\n");
  const auto w = run(*wide, {.folder = folder("wide")});
  EXPECT_EQ(w.counts.simulated, 12u) << "the least number for each of six points";
  EXPECT_EQ(w.counts.spared, 60u);
  collect(*wide, folder("wide"));
  EXPECT_EQ(count(CellStatus::spared), 60u);
  EXPECT_EQ(count(CellStatus::missing), 0u);

  const auto narrow = load(kGuest + kLoad + kAxes + stop + "relative_half_width = 0.01\n");
  const auto n = run(*narrow, {.folder = folder("narrow"), .threads = 2});
  EXPECT_GT(n.counts.simulated, 12u);
  // A rule made narrower later goes on from what is there, and ends with the same runs.
  const auto again = run(*narrow, {.folder = folder("wide"), .shard = {0, 1}, .shuffle = 3});
  EXPECT_EQ(again.counts.reused, 12u);
  EXPECT_TRUE(collect(*narrow, folder("wide")) == collect(*narrow, folder("narrow")));
}

TEST_F(SweepTest, a_metric_that_is_never_reached_stops_at_the_minimum) {
  const auto l =
      load(kAlone +
           "[[axis]]\nkey = 'hotplug.0.size'\nvalues = ['15GiB']\n"
           "[stop]\nmetric = 'time_to_online'\nmin = 3\nmax = 50\nrelative_half_width = 0.1\n");
  EXPECT_EQ(run(*l, {.folder = folder("one")}).counts.simulated, 3u) << "ENOMEM in each";
}

TEST_F(SweepTest, only_what_matches_is_simulated_and_the_rest_is_missing) {
  const auto l = load(kGuest + kAxes);
  const auto outcome = run(*l, {.folder = folder("one"), .only = "*memmap_placement=boot_memory*"});
  EXPECT_EQ(outcome.counts.simulated, 3u);
  EXPECT_EQ(outcome.counts.skipped, 3u);
  collect(*l, folder("one"));
  EXPECT_EQ(count(CellStatus::missing), 3u);
  const auto file = record::read_file(folder("one") + "/study.h5");
  ASSERT_TRUE(file);
  const auto status = std::find_if(file->attributes.begin(), file->attributes.end(),
                                   [](const auto& a) { return a.name == "status"; });
  EXPECT_EQ(std::get<std::string>(status->value), "incomplete");
}

// Of more than 1000 points not all are tried beforehand, so one may turn out to be no scenario.
TEST_F(SweepTest, a_point_that_is_no_scenario_is_a_failure_with_a_reason) {
  const auto l = load("constraints = ['size <= 1GiB']\n" + kAlone +
                      "[[axis]]\nkey = 'hotplug.0.size'\nvalues = ['1GiB', '2GiB']\n");
  // The study is changed behind the check, as no study file of a test's size would pass it.
  auto broken = std::make_unique<Loaded>(l->study);
  auto& level = broken->study.axes[0].levels[0];
  level.value.data = std::string("100MiB");
  std::vector<std::string> said;
  const auto first = run(*broken, {.folder = folder("one"), .failed = [&](const Diagnostic& d) {
                                     said.push_back(d.text());
                                   }});
  EXPECT_EQ(first.counts.failed, 1u);
  EXPECT_TRUE(first.stopped);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("not a whole number of memory blocks"), std::string::npos);
  EXPECT_NE(said[0].find("size=1GiB,replicate=0"), std::string::npos);
  const auto second = run(*broken, {.folder = folder("one"), .keep_going = true});
  EXPECT_EQ(second.counts.failed, 1u) << "still known";
  EXPECT_EQ(second.counts.simulated, 0u);
  collect(*broken, folder("one"));
  EXPECT_EQ(count(CellStatus::invalid), 1u);
  EXPECT_EQ(count(CellStatus::excluded), 1u);
}

TEST_F(SweepTest, a_full_disk_ends_the_sweep_and_space_lets_it_go_on) {
  class FullDisk : public record::SystemFileSink {
   public:
    explicit FullDisk(int n) : left_(n) {}
    std::int64_t write(int fd, std::span<const std::byte> b) override {
      return left_-- > 0 ? SystemFileSink::write(fd, b) : -ENOSPC;
    }
    std::atomic<int> left_;
  };
  const auto l = load(kGuest + kAxes);
  run(*l, {.folder = folder("one")});
  for (int n = 0; n < 6; ++n) {
    const std::string name = folder("full" + std::to_string(n));
    FullDisk disk(n);
    const auto outcome = run(*l, {.folder = name, .threads = 2, .sink = &disk});
    EXPECT_TRUE(outcome.unwritten);
    EXPECT_TRUE(outcome.stopped);
    EXPECT_EQ(JournalIndex::read(name)->records(), static_cast<std::size_t>(n));
    EXPECT_EQ(run(*l, {.folder = name}).counts.reused, static_cast<std::uint64_t>(n));
    EXPECT_TRUE(collect(*l, name) == collect(*l, folder("one")));
  }
}

TEST_F(SweepTest, a_second_writer_is_refused_with_the_holder_named) {
  const std::string path = folder_ + "/locked";
  auto whole = SweepFolder::open(path, {0, 1}, false);
  ASSERT_TRUE(whole);
  const auto second = SweepFolder::open(path, {0, 1}, true);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().front().text().find(fmt::format("process {}", getpid())),
            std::string::npos);
  EXPECT_FALSE(SweepFolder::open(path, {1, 2}, true)) << "a shard beside the whole";
  { const auto gone = std::move(*whole); }
  const auto a = SweepFolder::open(path, {0, 2}, true);
  const auto b = SweepFolder::open(path, {1, 2}, true);
  EXPECT_TRUE(a && b) << "shards beside each other";
  EXPECT_FALSE(SweepFolder::open(path, {1, 2}, true)) << "the same shard";
  EXPECT_FALSE(SweepFolder::open(path, {0, 1}, true)) << "the whole beside shards";
}

TEST_F(SweepTest, a_folder_with_runs_is_used_again_only_to_resume) {
  const auto l = load(kGuest + kAxes);
  const std::string path = folder("one");
  run(*l, {.folder = path, .limit = 2});
  EXPECT_FALSE(SweepFolder::open(path, {0, 1}, false));
  EXPECT_TRUE(SweepFolder::open(path, {0, 1}, true));
  EXPECT_TRUE(SweepFolder::open(path, {0, 2}, false)) << "a shard that is new there";
}

// The A/A test on the product: policies that are the same must not seem to differ. Byte for byte
// the same: a key without effect makes no significant difference in any metric.
TEST_F(SweepTest, equal_runs_never_differ_significantly) {
  const auto l = load("replicates = 4\nbaseline = 'every=1s'\n" + kAlone + kLoad +
                      "[[axis]]\nkey = 'hotplug.0.every'\nvalues = ['1s', '2s']\n");
  run(*l, {.folder = folder("one"), .threads = 2});
  collect(*l, folder("one"));
  const auto file = record::read_file(folder("one") + "/study.h5");
  const auto compare = std::find_if(file->groups.begin(), file->groups.end(),
                                    [](const auto& g) { return g.name == "compare"; });
  ASSERT_NE(compare, file->groups.end());
  int metrics = 0;
  for (const auto& v : compare->variables) {
    const auto* flags = std::get_if<record::Flags>(&v.data);
    if (flags == nullptr) continue;
    ++metrics;
    // Nothing to tell for time_to_online and its like: 15 GiB end in ENOMEM.
    EXPECT_EQ(flags->meanings[1], "yes");
    for (const std::uint8_t significant : flags->values) EXPECT_NE(significant, 1) << v.name;
  }
  EXPECT_GE(metrics, 14);
}

// With other draws on both sides: of 200 comparisons of the same policy under two seeds, each
// significant by chance one time in 20, more than 20 are significant one time in 1000.
TEST_F(SweepTest, the_same_policy_under_other_seeds_seldom_differs_significantly) {
  const auto l = load("replicates = 5\n" + kAlone + kLoad +
                      "[[axis]]\nkey = 'seed'\nfrom = 1\nto = 400\nstep = 1\n");
  run(*l, {.folder = folder("one"), .threads = 2});
  const auto index = JournalIndex::read(folder("one"));
  const auto values = [&](std::uint64_t point) {
    std::vector<double> out;
    for (std::uint64_t r = 0; r < 5; ++r)
      out.push_back(static_cast<double>(
          *value_of(*index->find(run::run_id(l->scenarios.hash(l->plan.at(point)), r)),
                    "workload_latency_mean")));
    return out;
  };
  int differ = 0;
  for (std::uint64_t p = 0; p < 400; p += 2)
    differ += *analysis::significant(analysis::paired_difference(values(p), values(p + 1))) ? 1 : 0;
  EXPECT_LE(differ, 20);
}

// The shards' tables together have every run once.
TEST_F(SweepTest, shard_files_have_the_runs_of_their_shards) {
  const auto l = load("replicates = 2\n" + kGuest + kLoad + kAxes);
  std::vector<std::int64_t> runs;
  for (std::uint64_t s = 0; s < 3; ++s) {
    run(*l, {.folder = folder("shards"), .shard = {s, 3}});
    const auto index = JournalIndex::read(folder("shards"));
    const std::string path = folder("shards") + '/' + shard_name({s, 3}) + ".h5";
    ASSERT_TRUE(write_shard_file({l->scenarios, *index}, {s, 3}, path, files_));
    const auto file = record::read_file(path);
    ASSERT_TRUE(file) << file.error().front().text();
    const auto& rows = std::get<std::vector<std::int64_t>>(file->groups[0].coordinates[0].data);
    EXPECT_EQ(rows.size(), 4u);
    runs.insert(runs.end(), rows.begin(), rows.end());
  }
  std::sort(runs.begin(), runs.end());
  ASSERT_EQ(runs.size(), 12u);
  for (std::int64_t i = 0; i < 12; ++i) EXPECT_EQ(runs[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace mhp::study::sweep_test
