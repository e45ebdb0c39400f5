#include "sim/study/compare/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/comparison_files.hpp"
#include "sim/cli/comparison_view.hpp"
#include "sim/cli/fail_if.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/placement_list.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::cli {

namespace compare_command {
namespace {

struct Args {
  std::vector<std::string> paths;
  ScenarioArgs scenario;
  std::string placements = "boot_memory,hotplugged_range";
  std::int64_t replicates = 1;
  unsigned threads = all_processors();
  std::int64_t samples = 0;
  std::vector<std::string> conditions;
  std::vector<std::string> metrics;
  std::string output;
  std::string timeline;
  bool force = false;
  bool json = false;
  bool csv = false;
  bool markdown = false;
  bool no_progress = false;
};

std::string shown(const Args& args, const ComparisonView& view) {
  if (args.json) return comparison_json(view);
  if (args.csv) return comparison_csv(view);
  return args.markdown ? comparison_markdown(view) : comparison_table(view);
}

/// Prints what is to be seen of a comparison, and which conditions are met.
int finish(const Args& args, ComparisonView& view,
           const std::vector<study::Condition>& conditions) {
  view.conditions = !conditions.empty();
  view.met = met_conditions(conditions, view.parts);
  view.metrics = args.metrics;
  fmt::print("{}", shown(args, view));
  for (const MetCondition& m : view.met) fmt::print(stderr, "--fail-if {}\n", m.text);
  return view.met.empty() ? kOk : kCheckFailed;
}

/// Of files: what is already there is read, not simulated.
int compare_recorded(const Args& args) {
  auto view = compare_files(args.paths);
  if (!view) return print_errors(view.error()), kBadInput;
  print_kernel_note(view->kernel_note);
  const auto conditions = read_conditions(args.conditions, args.metrics, metrics_of(view->parts));
  if (!conditions) return print_errors(conditions.error()), kUsage;
  return finish(args, *view, *conditions);
}

std::string run_path(const Args& args, const std::string& placement, std::uint64_t replicate) {
  return fmt::format("{}/{}-r{}.h5", args.output, placement, replicate);
}

/// Whether --timeline names none of the files that --output will hold.
bool timeline_is_apart(const Args& args, const std::vector<std::string>& placements) {
  if (args.output.empty() || args.timeline.empty()) return true;
  const auto differs = [&](const std::string& path) {
    return are_different_files({{"--output", path}, {"--timeline", args.timeline}});
  };
  if (!differs(args.output) || !differs(args.output + "/compare.json")) return false;
  if (!args.timeline.ends_with(".h5")) return true;
  for (const std::string& placement : placements)
    for (std::int64_t r = 0; r < args.replicates; ++r)
      if (!differs(run_path(args, placement, static_cast<std::uint64_t>(r)))) return false;
  return true;
}

/// Every run of the comparison; with -o each goes to its file. False if one was not written.
bool simulate(const Args& args, const config::Scenario& scenario, study::CompareOptions options,
              study::Comparison& comparison) {
  bool written = true;
  options.record = !args.output.empty() || !args.timeline.empty();
  std::vector<record::FileContent> traced;  // the first run of each placement
  options.finished = [&](const run::RunResult& r) {
    if (!args.timeline.empty() && r.replicate == 0) traced.push_back(run::run_content(scenario, r));
    if (args.output.empty()) return;
    const std::string path = run_path(args, r.placement, r.replicate);
    written = written && write_run(scenario, r, path, args.force);
  };
  Progress progress(!args.no_progress);
  options.progress = [&](std::size_t done, std::size_t all) {
    progress.show(fmt::format("{} of {} runs", done, all));
  };
  progress.show(fmt::format("0 of {} runs",
                            options.placements.size() * static_cast<std::size_t>(args.replicates)));
  comparison = study::compare(scenario, options);
  if (!written || args.timeline.empty()) return written;
  std::vector<run::TracedRun> runs;
  for (const record::FileContent& file : traced) runs.push_back({file, args.timeline});
  return put_timeline(runs, args.timeline, args.force) == kOk;
}

int execute(const Args& args) {
  study::CompareOptions options;
  options.placements = split_placements(args.placements);
  if (options.placements.empty()) return kUsage;
  const auto scenario = load(args.scenario);
  if (!scenario) return print_errors(scenario.error()), exit_code_for(args.scenario);
  const auto conditions = read_conditions(args.conditions, args.metrics, metrics_of(*scenario));
  if (!conditions) return print_errors(conditions.error()), kUsage;
  if (!timeline_is_apart(args, options.placements) ||
      !replaces_none_of({args.scenario.path, args.scenario.machine}, "--timeline", args.timeline))
    return kUsage;
  if (!args.timeline.empty() && !may_write_file(args.timeline, args.force)) return kNotWritten;
  if (!args.output.empty() && !prepare_directory(args.output, args.force)) return kNotWritten;
  options.replicates = args.replicates;
  options.threads = args.threads;
  options.seed = static_cast<std::uint64_t>(scenario->run.seed);
  ComparisonView view;
  view.parts.emplace_back();
  if (!simulate(args, *scenario, options, view.parts.front().comparison)) return kNotWritten;
  auto sampled = sample_constants(
      *scenario, {options.placements, args.samples, options.seed, args.threads, {}},
      !args.no_progress);
  if (!sampled) return print_errors(sampled.error()), kBadConfig;
  view.uncertainty = std::move(*sampled);
  view.title = fmt::format("{}: {}", scenario->run.name, scenario->run.doc);
  view.scenario = scenario->run.name;
  view.seed = scenario->run.seed;
  view.simulated = &*scenario;
  view.kernel_note = config::kernel_note(scenario->profile);
  if (!args.output.empty() &&
      !write_text(comparison_json(view), args.output + "/compare.json", true))
    return kNotWritten;
  return finish(args, view, *conditions);
}

/// A usage error if an option is given that says how to simulate; nothing is simulated.
bool asks_to_simulate(const CLI::App& command) {
  for (const char* name : {"--set", "--seed", "--machine", "--placements", "--replicates",
                           "--uncertainty", "--jobs", "--output", "--timeline", "--force"})
    if (command.count(name) > 0) {
      print_errors({{{name, 0, 0},
                     "is for a scenario, and files of results are compared as they are",
                     "leave it out"}});
      return true;
    }
  return false;
}

int choose(Args& args, const CLI::App& command) {
  const auto results = std::count_if(args.paths.begin(), args.paths.end(), holds_results);
  if (results > 0 && static_cast<std::size_t>(results) == args.paths.size())
    return asks_to_simulate(command) ? kUsage : compare_recorded(args);
  if (args.paths.size() > 1) {
    const auto odd = std::find_if_not(args.paths.begin(), args.paths.end(), holds_results);
    print_errors({{{*odd, 0, 0},
                   "is neither a result file nor a folder of such",
                   "compare one scenario, or files and folders of results"}});
    return kBadInput;
  }
  if (!args.paths.empty()) args.scenario.path = args.paths.front();
  return execute(args);
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  CLI::Option* paths =
      command
          .add_option("SCENARIO", args->paths,
                      "scenario file (TOML), or the name of one that ships, which is simulated; or "
                      "results, the baseline first: run files, folders of 'compare -o', one or two "
                      "study files")
          ->required()
          ->type_name("");
  let_name_shipped(*paths, "scenarios", true);
  add_setting_options(command, args->scenario);
  add_machine_option(command, args->scenario);
  command.add_option("--placements", args->placements, "placements, the baseline first")
      ->capture_default_str()
      ->type_name("A,B");
  command
      .add_option("--replicates", args->replicates,
                  "runs of each placement, with other random draws; from 5 on there are intervals")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000}))
      ->type_name("N");
  add_sampling_options(command, args->samples, args->threads);
  add_condition_options(command, args->conditions, args->metrics);
  command
      .add_option("-o,--output", args->output, "folder for a result file per run and compare.json")
      ->type_name("DIR");
  command
      .add_option("--timeline", args->timeline,
                  "what went on and when in the first run of each placement, for trace viewers")
      ->type_name("FILE.json");
  command.add_flag("--force", args->force, "write into a folder that is not empty");
  add_json_option(command, args->json);
  command.add_flag("--csv", args->csv, "print a line for each metric and column, as CSV")
      ->excludes("--json");
  command.add_flag("--markdown", args->markdown, "print the table as Markdown")
      ->excludes("--json")
      ->excludes("--csv");
  add_progress_option(command, args->no_progress);
  command.footer(
      "Examples:\n"
      "  mhpsim compare configs/scenarios/quickstart.toml\n"
      "  mhpsim compare configs/scenarios/quickstart.toml --replicates 10 -o results\n"
      "  mhpsim compare configs/scenarios/quickstart.toml --uncertainty 50\n"
      "  mhpsim compare configs/scenarios/small-guest.toml --set hotplug.0.size=3GiB --set "
      "hotplug.0.count=5 --json\n"
      "  mhpsim compare before.h5 after.h5 --fail-if 'time_to_usable > +5%' --fail-if "
      "'memmap_pages_boot > 1000'\n"
      "  mhpsim compare results-before results-after --markdown\n"
      "  mhpsim compare study.h5 --metric time_to_online --csv\n\n"
      "A placement that fails in the simulation (ENOMEM) is a result: the exit code is 0, unless "
      "--fail-if asks for it.");
  command.callback([args, &command, &exit_code] { exit_code = choose(*args, command); });
}

}  // namespace
}  // namespace compare_command

void register_command_compare(CommandRegistry& registry) {
  registry.add({"compare",
                "simulate a scenario under each memmap placement and compare, or compare results",
                compare_command::describe});
}

}  // namespace mhp::cli
