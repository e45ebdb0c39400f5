#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/comparison_files.hpp"
#include "sim/cli/explain_view.hpp"
#include "sim/cli/figures.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::cli {

namespace fs = std::filesystem;

namespace explain_command {
namespace {

struct Args {
  std::vector<std::string> paths;
  std::vector<std::string> settings;
  std::optional<std::int64_t> seed;
  std::string metric;
  std::int64_t samples = 0;
  unsigned threads = all_processors();
  bool json = false;
  bool no_progress = false;
};

/// The files of a folder of `compare -o`: the first replicate of the baseline and of one other.
Result<std::vector<std::string>> files_of_comparison(const std::string& folder) {
  std::vector<std::string> files;
  for (const std::string& placement : placements_of_folder(folder))
    files.push_back(fmt::format("{}/{}-r0.h5", folder, placement));
  if (files.size() < 2)
    return fail({folder, 0, 0}, "this folder holds no comparison of two placements",
                "give a folder of mhpsim compare -o, or two run files");
  files.resize(2);
  return files;
}

bool is_scenario(const std::string& path) { return fs::path(path).extension() == ".toml"; }

/// A run, and how its times vary with the constants if that was asked for.
struct Explained {
  run::RecordedRun run;
  std::optional<study::Uncertainty> uncertainty;
};

Result<Explained> explained(const config::Scenario& scenario, run::RecordedRun run,
                            const Args& args) {
  auto sampled = sample_constants(
      scenario,
      {{run.placement}, args.samples, static_cast<std::uint64_t>(run.seed), args.threads, {}},
      !args.no_progress);
  if (!sampled) return tl::unexpected<Diagnostics>(sampled.error());
  return Explained{std::move(run), std::move(*sampled)};
}

Result<Explained> explained(const std::string& path, const Args& args) {
  if (!is_scenario(path)) {
    const auto file = record::read_file(path);
    if (!file) return tl::unexpected<Diagnostics>(file.error());
    auto run = run::recorded_run(*file, path);
    if (!run) return tl::unexpected<Diagnostics>(run.error());
    if (args.samples == 0) return Explained{std::move(*run), {}};
    const auto scenario = run::recorded_scenario(*file, path);
    if (!scenario) return tl::unexpected<Diagnostics>(scenario.error());
    return explained(*scenario, std::move(*run), args);
  }
  const auto scenario =
      load({.path = path, .machine = {}, .settings = args.settings, .seed = args.seed});
  if (!scenario) return tl::unexpected<Diagnostics>(scenario.error());
  const run::RunOptions options{{}, static_cast<std::uint64_t>(scenario->run.seed), 0, {}};
  return explained(*scenario, run::recorded_run(*scenario, run::simulate(*scenario, options)),
                   args);
}

int execute(Args args) {
  std::error_code ignored;
  if (args.paths.size() == 1 && fs::is_directory(args.paths[0], ignored)) {
    const auto files = files_of_comparison(args.paths[0]);
    if (!files) return print_errors(files.error()), kBadInput;
    args.paths = *files;
  }
  if (args.paths.size() > 1 && args.samples > 0) {
    print_errors({{{"--uncertainty", 0, 0},
                   "two runs have no interval of their own",
                   "explain one, or see mhpsim compare --uncertainty"}});
    return kUsage;
  }
  std::vector<Explained> runs;
  KernelNotes notes;
  for (const std::string& path : args.paths) {
    auto run = explained(path, args);
    if (!run) {
      print_errors(run.error());
      return is_scenario(path) ? exit_code_for(path) : kBadInput;
    }
    if (!is_scenario(path)) notes.add(run->run.kernel_note);
    runs.push_back(std::move(*run));
  }
  if (runs.size() == 1) {
    const auto& [run, uncertainty] = runs[0];
    fmt::print("{}", args.json ? explanation_json(run, args.metric, uncertainty)
                               : explanation_text(run, args.metric, uncertainty));
    return kOk;
  }
  const std::string metric =
      args.metric.empty() ? std::string(run::headline_metric()) : args.metric;
  const run::RecordedRun& a = runs[0].run;
  const run::RecordedRun& b = runs[1].run;
  fmt::print("{}", args.json ? difference_json(a, b, metric) : difference_text(a, b, metric));
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  CLI::Option* files = command.add_option(
      "FILE", args->paths,
      "a run file, a scenario (it is simulated) or a folder of 'compare -o'; two of the first "
      "kinds for their difference");
  files->required()->expected(1, 2);
  let_name_shipped(*files, "scenarios", true);
  command
      .add_option("--metric", args->metric,
                  fmt::format("the metric of time to explain (default: all; of a difference: {})",
                              run::headline_metric()))
      ->check(CLI::IsMember(run::explained_metrics()))
      ->type_name("NAME");
  command.add_option("--set", args->settings, "for scenarios: set a parameter")
      ->take_all()
      ->type_name("KEY=VALUE");
  command.add_option("--seed", args->seed, "for scenarios: seed of all random draws")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  add_sampling_options(command, args->samples, args->threads);
  add_json_option(command, args->json);
  add_progress_option(command, args->no_progress);
  command.footer(fmt::format(
      "Examples:\n"
      "  mhpsim explain configs/scenarios/quickstart.toml --metric {}\n"
      "  mhpsim explain run.h5 --uncertainty 40\n"
      "  mhpsim compare configs/scenarios/quickstart.toml -o results && mhpsim explain results\n"
      "  mhpsim explain before.h5 after.h5 --metric {} --json",
      run::headline_metric(), run::explained_metrics().front()));
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace explain_command

void register_command_explain(CommandRegistry& registry) {
  registry.add(
      {"explain", "where a run's time went, or why two runs differ", explain_command::describe});
}

}  // namespace mhp::cli
