#include "sim/study/sweep/sweep.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/stopping.hpp"
#include "sim/study/collect/shard_file.hpp"
#include "sim/study/collect/study_schema.hpp"
#include "sim/study/sweep/folder.hpp"
#include "sim/study/sweep/journal_index.hpp"
#include "sim/study/sweep/shard_env.hpp"

namespace mhp::cli {

namespace sweep_command {
namespace {

struct Args {
  std::string study;
  std::vector<std::string> settings;
  std::optional<unsigned> threads;
  std::string folder;
  bool resume = false;
  std::string shard;
  std::string only;
  std::optional<std::uint64_t> runs;
  std::optional<std::uint64_t> shuffle;
  std::string keep_runs;
  bool dry_run = false;
  bool keep_going = false;
  bool no_progress = false;
  bool json_progress = false;
};

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::string duration_text(double seconds) {
  const auto s = static_cast<std::int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
  return s >= 60 ? fmt::format("{} min {:02} s", s / 60, s % 60) : fmt::format("{} s", s);
}

/// Shows how far a sweep is: a line on a terminal, or JSON objects.
class SweepProgress {
 public:
  explicit SweepProgress(const Args& args)
      : json_(args.json_progress),
        line_(!args.no_progress && !args.json_progress),
        start_(std::chrono::steady_clock::now()) {}

  void show(const study::SweepCounts& c) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double rate = static_cast<double>(c.simulated) / seconds;
    // Runs that were there already take no time.
    const double left = rate > 0 ? static_cast<double>(c.total - c.seen) / rate : 0;
    if (json_) {
      nlohmann::ordered_json out{{"seen", c.seen},           {"total", c.total},
                                 {"simulated", c.simulated}, {"reused", c.reused},
                                 {"failed", c.failed},       {"runs_per_second", rate},
                                 {"seconds_left", left}};
      fmt::print(stderr, "{}\n", out.dump());
    } else {
      line_.show(fmt::format("{} of {} runs, {:.4g} a second, {} left{}", c.seen, c.total, rate,
                             rate > 0 ? duration_text(left) : "?",
                             c.failed > 0 ? fmt::format(", {} failed", c.failed) : ""));
    }
  }

 private:
  bool json_;
  Progress line_;
  std::chrono::steady_clock::time_point start_;
};

/// The command that goes on where this one ends.
std::string resume_command(const Args& args, const study::Shard& shard) {
  std::string out = fmt::format("mhpsim sweep {} -o {} --resume", shell_quoted(args.study),
                                shell_quoted(args.folder));
  if (shard.count > 1) out += fmt::format(" --shard {}/{}", shard.index + 1, shard.count);
  if (args.threads) out += fmt::format(" -j {}", *args.threads);
  for (const auto& s : args.settings) out += " --set " + shell_quoted(s);
  if (!args.only.empty()) out += " --only " + shell_quoted(args.only);
  if (!args.keep_runs.empty()) out += " --keep-runs " + shell_quoted(args.keep_runs);
  if (args.keep_going) out += " --keep-going";
  return out;
}

void print_plan(const study::Scenarios& scenarios, const study::Shard& shard) {
  constexpr std::uint64_t kShown = 5;
  const study::Plan& plan = scenarios.plan();
  const study::Study& study = plan.study();
  fmt::print("{}: {}\n", study.params.name, study.params.doc);
  for (const study::Dimension& d : plan.dimensions()) {
    fmt::print("  {:>9} {}", d.size, d.name);
    if (d.design != study::Design::cartesian)
      for (const std::size_t a : d.axes) fmt::print(" {}", study.axes[a].name);
    fmt::print("\n");
  }
  std::uint64_t excluded = 0;
  if (!study.constraints.empty())
    for (std::uint64_t p = 0; p < plan.points(); ++p) excluded += plan.excluded(plan.at(p)) ? 1 : 0;
  const auto replicates = static_cast<std::uint64_t>(study.max_replicates());
  fmt::print("{} points, {} of them excluded, {}{} replicates: {}{} runs", plan.points(), excluded,
             study.stop ? "up to " : "", replicates, study.stop ? "up to " : "",
             (plan.points() - excluded) * replicates);
  if (shard.count > 1) fmt::print(", every {}th in this shard", shard.count);
  fmt::print("\n\n");
  for (std::uint64_t p = 0, shown = 0; p < plan.points() && shown < kShown; ++p) {
    const study::Position position = plan.at(p);
    if (plan.excluded(position)) continue;
    for (std::uint64_t r = 0; r < replicates && shown < kShown; ++r, ++shown)
      fmt::print("{}  {}\n", run::hex_text(run::run_id(scenarios.hash(position), r)),
                 study::run_label(plan, position, r));
  }
}

/// The shard, from --shard or from what started this process.
Result<study::Shard> choose_shard(Args& args) {
  if (!args.shard.empty()) return study::parse_shard(args.shard);
  const auto found = study::shard_from(environment);
  if (!found) return study::Shard{};
  fmt::print(stderr, "mhpsim: shard {}/{}, from {}\n", found->shard.index + 1, found->shard.count,
             found->variables);
  // Shards of one machine share its processors unless their launcher says otherwise.
  if (!args.threads) args.threads = found->cpus.value_or(1);
  return found->shard;
}

int report(const Args& args, const study::Shard& shard, const study::SweepOutcome& outcome) {
  const study::SweepCounts& c = outcome.counts;
  fmt::print("{} runs simulated, {} were there, {} failed", c.simulated, c.reused, c.failed);
  if (c.excluded > 0) fmt::print(", {} excluded", c.excluded);
  if (c.spared > 0) fmt::print(", {} spared", c.spared);
  if (outcome.stopped || c.skipped > 0) fmt::print(", {} left", c.total - c.seen + c.skipped);
  fmt::print("\n");
  if (outcome.unwritten) print_errors({*outcome.unwritten});
  if (outcome.stopped)
    fmt::print(stderr, "mhpsim: stopped; this goes on:\n  {}\n", resume_command(args, shard));
  if (stop_signal() != 0) return 128 + stop_signal();
  if (outcome.unwritten) return kNotWritten;
  return c.failed > 0 ? kRunsFailed : kOk;
}

int simulate(const Args& args, const study::Scenarios& scenarios, const study::Shard& shard) {
  auto folder = study::SweepFolder::open(args.folder, shard, args.resume);
  if (!folder) return print_errors(folder.error()), kNotWritten;
  const study::Study& study = scenarios.plan().study();
  if (auto kept = folder->keep_study(study.text); !kept)
    return print_errors(kept.error()), kNotWritten;
  study::SweepOptions options;
  options.folder = args.folder;
  options.threads = args.threads.value_or(std::max(1u, std::thread::hardware_concurrency()));
  options.shard = shard;
  options.shuffle = args.shuffle;
  options.only = args.only;
  options.limit = args.runs;
  options.keep_runs = args.keep_runs;
  options.keep_going = args.keep_going;
  options.stop = &stop_on_signals();
  Result<study::SweepOutcome> outcome;
  {
    SweepProgress progress(args);
    if (!args.no_progress) options.progress = [&](const auto& counts) { progress.show(counts); };
    options.failed = [](const Diagnostic& d) { print_errors({d}); };
    outcome = study::sweep(scenarios, options);
  }
  if (!outcome) return print_errors(outcome.error()), kNotWritten;
  if (stop_signal() == 0 && !outcome->unwritten) {
    const auto index = study::JournalIndex::read(args.folder);
    if (!index) return print_errors(index.error()), kBadInput;
    record::SystemFileSink files;
    const auto written =
        study::write_shard_file({scenarios, *index}, shard, folder->shard_file(), files);
    if (!written) outcome->unwritten = written.error().diagnostics.front();
  }
  return report(args, shard, *outcome);
}

int execute(Args args) {
  const auto shard = choose_shard(args);
  if (!shard) return print_errors(shard.error()), kUsage;
  const auto study = study::load_study(args.study, args.settings);
  if (!study) return print_errors(study.error()), exit_code_for(args.study);
  print_kernel_note(study::kernel_notes(*study));
  const study::Plan plan(*study);
  const study::Scenarios scenarios(plan);
  if (args.dry_run) return print_plan(scenarios, *shard), kOk;
  if (args.folder.empty())
    args.folder = "results/" + std::filesystem::path(args.study).stem().string();
  return simulate(args, scenarios, *shard);
}

void add_options(CLI::App& command, Args& args) {
  let_name_shipped(
      *command
           .add_option("STUDY", args.study,
                       "study file (TOML), or the name of one that ships: guest-growth")
           ->required(),
      "studies");
  command.add_option("--set", args.settings, "set a parameter of the study's scenario")
      ->take_all()
      ->type_name("KEY=VALUE");
  command.add_option("-j,--jobs", args.threads, "threads; the results do not depend on them")
      ->check(CLI::Range(1u, 1024u))
      ->type_name("N");
  command.add_option("-o,--output", args.folder, "folder of the sweep (default: results/STUDY)")
      ->type_name("DIR");
  command.add_flag("--resume", args.resume, "go on with the runs that the folder holds");
  command
      .add_option("--shard", args.shard,
                  "simulate the I-th of N parts (default: from Slurm, mpirun or PMI)")
      ->type_name("I/N");
  command.add_option("--only", args.only, "simulate the runs whose label or id matches")
      ->type_name("GLOB");
  command.add_option("--runs", args.runs, "simulate at most N runs now")->type_name("N");
  command.add_option("--shuffle", args.shuffle, "simulate in a random order with this seed")
      ->type_name("SEED");
  command
      .add_option("--keep-runs", args.keep_runs,
                  "keep the result file of each run whose label or id matches, in DIR/runs")
      ->type_name("GLOB");
  command.add_flag("--dry-run", args.dry_run, "say what would be simulated, and simulate nothing");
  command.add_flag("--keep-going", args.keep_going, "go on after a run that cannot be simulated");
  add_progress_option(command, args.no_progress);
  command.add_flag("--progress-json", args.json_progress, "progress as JSON, a line each");
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  add_options(command, *args);
  command.footer(
      "Examples:\n"
      "  mhpsim sweep configs/studies/guest-growth.toml --dry-run\n"
      "  mhpsim sweep configs/studies/guest-growth.toml -o results/guest-growth\n"
      "  mhpsim sweep configs/studies/guest-growth.toml -o results/guest-growth --resume --shard "
      "2/4\n"
      "  mhpsim collect results/guest-growth\n\n"
      "A run is labelled by its axes, as in size=3GiB,memmap_placement=boot_memory,replicate=0.\n"
      "Exit codes: 7 if a run could not be simulated, 130 or 143 after a signal. An operation "
      "that\n"
      "fails in the simulation (ENOMEM) is a result.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace sweep_command

void register_command_sweep(CommandRegistry& registry) {
  registry.add(
      {"sweep", "simulate all runs of a study, or go on with them", sweep_command::describe});
}

}  // namespace mhp::cli
