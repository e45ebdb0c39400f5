#include "sim/study/sweep/sweep.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

#include "sim/core/hash.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/study/design/sampling.hpp"
#include "sim/study/sweep/journal_index.hpp"
#include "sim/study/sweep/stopping.hpp"

namespace mhp::study {

namespace {

using namespace std::chrono_literals;
constexpr auto kSyncEvery = 1s;
constexpr auto kShowEvery = 200ms;

/// The counts of a sweep at work.
struct LiveCounts {
  std::atomic<std::uint64_t> seen{0}, simulated{0}, reused{0}, excluded{0}, spared{0}, skipped{0},
      failed{0};
};

/// Everything that the threads of one sweep share.
class Sweep {
 public:
  Sweep(const Scenarios& scenarios, const SweepOptions& options, const JournalIndex& done,
        JournalWriter& journal, record::FileSink& sink)
      : scenarios_(scenarios),
        plan_(scenarios.plan()),
        options_(options),
        done_(done),
        journal_(journal),
        sink_(sink),
        replicates_(static_cast<std::uint64_t>(plan_.study().max_replicates())),
        by_point_(plan_.study().stop.has_value()) {
    const std::uint64_t pieces = by_point_ ? plan_.points() : plan_.runs();
    pieces_ =
        pieces / options.shard.count + (options.shard.index < pieces % options.shard.count ? 1 : 0);
  }

  SweepOutcome go() {
    std::vector<std::thread> threads;
    std::thread keeper([this] { keep(); });
    for (unsigned t = 1; t < options_.threads; ++t) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& t : threads) t.join();
    {
      const std::scoped_lock lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    keeper.join();
    journal_.sync();
    if (!unwritten_) unwritten_ = journal_.problem();
    return {counts(), next_ < pieces_ || halted_ || interrupted(), std::move(unwritten_)};
  }

 private:
  bool interrupted() const { return options_.stop != nullptr && *options_.stop != 0; }
  bool ending() const { return halted_ || interrupted(); }

  SweepCounts counts() const {
    return {by_point_ ? pieces_ * replicates_ : pieces_,
            counts_.seen,
            counts_.simulated,
            counts_.reused,
            counts_.excluded,
            counts_.spared,
            counts_.skipped,
            counts_.failed};
  }

  /// Syncs the journal and shows progress until the work is over.
  void keep() {
    auto synced = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kShowEvery, [this] { return over_; })) {
      lock.unlock();
      if (const auto now = std::chrono::steady_clock::now(); now - synced >= kSyncEvery) {
        journal_.sync();
        synced = now;
      }
      if (options_.progress) options_.progress(counts());
      lock.lock();
    }
  }

  void work() {
    ScenarioCursor cursor(scenarios_);
    std::shared_ptr<const MetricSet> set;
    while (!ending()) {
      std::uint64_t piece = next_++;
      if (piece >= pieces_) {
        next_ = pieces_;
        return;
      }
      if (options_.shuffle) piece = permuted(piece, pieces_, mix64(*options_.shuffle));
      piece = piece * options_.shard.count + options_.shard.index;
      if (by_point_)
        do_point(piece, cursor, set);
      else
        do_run(plan_.at(piece / replicates_), piece % replicates_, cursor, set);
    }
  }

  /// The replicates of a point until it has enough. Each depends on those before it.
  void do_point(std::uint64_t point, ScenarioCursor& cursor,
                std::shared_ptr<const MetricSet>& set) {
    const Position position = plan_.at(point);
    Stopping stopping(plan_.study());
    for (std::uint64_t r = 0; r < replicates_; ++r) {
      if (stopping.enough()) {
        counts_.spared += replicates_ - r;
        counts_.seen += replicates_ - r;
        return;
      }
      if (r > 0 && ending()) return;
      const auto record = do_run(position, r, cursor, set);
      if (!record) {
        counts_.seen += replicates_ - r - 1;
        (plan_.excluded(position) ? counts_.excluded : counts_.skipped) += replicates_ - r - 1;
        return;
      }
      stopping.observe(*record);
    }
  }

  /// One run, now or before; nothing if it is excluded, not asked for or could not be kept.
  std::optional<RunRecord> do_run(const Position& position, std::uint64_t replicate,
                                  ScenarioCursor& cursor, std::shared_ptr<const MetricSet>& set) {
    ++counts_.seen;
    if (plan_.excluded(position)) return ++counts_.excluded, std::nullopt;
    const std::uint64_t id = run::run_id(scenarios_.hash(position), replicate);
    const bool keep_file = matches_run(options_.keep_runs, position, replicate, id);
    const std::string file =
        keep_file ? fmt::format("{}/runs/{}.h5", options_.folder, run::hex_text(id)) : "";
    const auto done = done_.status(id);
    if (done == RunRecord::Status::invalid) ++counts_.failed;
    if (done && (!keep_file || std::filesystem::exists(file))) {
      ++counts_.reused;
      return by_point_ ? done_.find(id) : RunRecord{};
    }
    const bool wanted =
        options_.only.empty() || matches_run(options_.only, position, replicate, id);
    if (!wanted || !within_limit()) return ++counts_.skipped, std::nullopt;
    const auto scenario = cursor.at(position);
    if (!scenario) return invalid(id, position, replicate, scenario.error());
    const config::Scenario& s = (*scenario)->scenario();
    run::RunResult result;
    try {
      result = run::simulate(s, {.seed = static_cast<std::uint64_t>(s.run.seed),
                                 .replicate = replicate,
                                 .explain = keep_file,
                                 .record = keep_file});
    } catch (const std::exception& e) {  // no memory: another time it may go well
      fail_run({{}, fmt::format("the simulation failed: {}", e.what()), ""}, id, position,
               replicate);
      return std::nullopt;
    }
    if (keep_file && !keep_run(**scenario, result, file)) return std::nullopt;
    RunRecord record = record_of(id, result, set);
    if (done) return ++counts_.reused, record;
    if (!journal_.append(record)) return halted_ = true, std::nullopt;
    ++counts_.simulated;
    return record;
  }

  bool matches_run(const std::string& pattern, const Position& position, std::uint64_t replicate,
                   std::uint64_t id) const {
    return !pattern.empty() && matches(pattern, run_label(plan_, position, replicate), id);
  }

  bool within_limit() {
    if (!options_.limit || started_++ < *options_.limit) return true;
    halted_ = true;
    return false;
  }

  std::optional<RunRecord> invalid(std::uint64_t id, const Position& position,
                                   std::uint64_t replicate, const Diagnostics& errors) {
    RunRecord record;
    record.id = id;
    record.status = RunRecord::Status::invalid;
    record.reason = errors.front().text();
    fail_run(errors.front(), id, position, replicate);
    if (!journal_.append(record)) halted_ = true;
    return record;
  }

  void fail_run(Diagnostic why, std::uint64_t id, const Position& position,
                std::uint64_t replicate) {
    ++counts_.failed;
    if (!options_.keep_going) halted_ = true;
    const std::scoped_lock lock(mutex_);
    if (!options_.failed) return;
    why.problem +=
        fmt::format(" (run {}: {})", run::hex_text(id), run_label(plan_, position, replicate));
    options_.failed(why);
  }

  bool keep_run(const config::ScenarioBase& scenario, const run::RunResult& result,
                const std::string& file) {
    Diagnostics problems;
    if (const auto recorded = scenario.recorded(); recorded) {
      const auto written =
          record::write_file(run::run_content(*recorded, result), file, /*force=*/true, sink_);
      if (written) return true;
      problems = written.error().diagnostics;
    } else {
      problems = recorded.error();
    }
    const std::scoped_lock lock(mutex_);
    if (!unwritten_) unwritten_ = std::move(problems.front());
    halted_ = true;
    return false;
  }

  const Scenarios& scenarios_;
  const Plan& plan_;
  const SweepOptions& options_;
  const JournalIndex& done_;
  JournalWriter& journal_;
  record::FileSink& sink_;
  const std::uint64_t replicates_;
  const bool by_point_;
  std::uint64_t pieces_ = 0;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> started_{0};
  std::atomic<bool> halted_{false};
  LiveCounts counts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::optional<Diagnostic> unwritten_;
};

}  // namespace

std::string shard_name(const Shard& shard) {
  return fmt::format("shard-{}-of-{}", shard.index + 1, shard.count);
}

std::string run_label(const Plan& plan, const Position& position, std::uint64_t replicate) {
  const std::string label = plan.label(position);
  return fmt::format("{}{}replicate={}", label, label.empty() ? "" : ",", replicate);
}

bool matches(const std::string& pattern, const std::string& label, std::uint64_t id) {
  return ::fnmatch(pattern.c_str(), label.c_str(), 0) == 0 ||
         ::fnmatch(pattern.c_str(), run::hex_text(id).c_str(), 0) == 0;
}

Result<SweepOutcome> sweep(const Scenarios& scenarios, const SweepOptions& options) {
  record::SystemFileSink files;
  record::FileSink& sink = options.sink != nullptr ? *options.sink : files;
  auto done = JournalIndex::read(options.folder);
  if (!done) return tl::unexpected<Diagnostics>(done.error());
  const std::string path = fmt::format("{}/{}.journal", options.folder, shard_name(options.shard));
  const JournalIndex::File* mine = done->file(path);
  JournalWriter journal(
      path, mine != nullptr ? mine->length : 0,
      mine != nullptr ? mine->sets : std::vector<std::shared_ptr<const MetricSet>>{}, sink);
  return Sweep(scenarios, options, *done, journal, sink).go();
}

}  // namespace mhp::study
