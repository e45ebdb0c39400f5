#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/comparison_view.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/placement_list.hpp"

namespace mhp::cli {

namespace compare_command {
namespace {

struct Args {
  ScenarioArgs scenario;
  std::string placements = "boot_memory,hotplugged_range";
  std::int64_t replicates = 1;
  unsigned threads = all_processors();
  std::int64_t samples = 0;
  std::string output;
  bool force = false;
  bool json = false;
  bool no_progress = false;
};

int execute(const Args& args) {
  study::CompareOptions options;
  options.placements = split_placements(args.placements);
  if (options.placements.empty()) return kUsage;
  const auto scenario = load(args.scenario);
  if (!scenario) return print_errors(scenario.error()), exit_code_for(args.scenario);
  if (!args.output.empty() && !prepare_directory(args.output, args.force)) return kNotWritten;
  options.replicates = args.replicates;
  options.threads = args.threads;
  options.seed = static_cast<std::uint64_t>(scenario->run.seed);
  bool written = true;
  if (!args.output.empty())
    options.finished = [&](const run::RunResult& r) {
      const auto path = fmt::format("{}/{}-r{}.h5", args.output, r.placement, r.replicate);
      written = written && write_run(*scenario, r, path, args.force);
    };
  study::Comparison comparison;
  {
    Progress progress(!args.no_progress);
    options.progress = [&](std::size_t done, std::size_t all) {
      progress.show(fmt::format("{} of {} runs", done, all));
    };
    progress.show(fmt::format(
        "0 of {} runs", options.placements.size() * static_cast<std::size_t>(args.replicates)));
    comparison = study::compare(*scenario, options);
  }
  const auto sampled = sample_constants(
      *scenario, {options.placements, args.samples, options.seed, args.threads, {}},
      !args.no_progress);
  if (!sampled) return print_errors(sampled.error()), kBadConfig;
  const std::string json = comparison_json(*scenario, options, comparison, *sampled);
  if (!args.output.empty())
    written = written && write_text(json, args.output + "/compare.json", true);
  if (!written) return kNotWritten;
  fmt::print("{}", args.json ? json : comparison_table(*scenario, options, comparison, *sampled));
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  add_scenario_options(command, args->scenario);
  add_machine_option(command, args->scenario);
  command.add_option("--placements", args->placements, "placements, the baseline first")
      ->capture_default_str()
      ->type_name("A,B");
  command
      .add_option("--replicates", args->replicates,
                  "runs of each placement, with other random draws")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000}))
      ->type_name("N");
  add_sampling_options(command, args->samples, args->threads);
  command
      .add_option("-o,--output", args->output, "folder for a result file per run and compare.json")
      ->type_name("DIR");
  command.add_flag("--force", args->force, "write into a folder that is not empty");
  add_json_option(command, args->json);
  add_progress_option(command, args->no_progress);
  command.footer(
      "Examples:\n"
      "  mhpsim compare configs/scenarios/quickstart.toml\n"
      "  mhpsim compare configs/scenarios/quickstart.toml --replicates 10 -o results\n"
      "  mhpsim compare configs/scenarios/quickstart.toml --uncertainty 50\n"
      "  mhpsim compare configs/scenarios/small-guest.toml --set hotplug.0.size=3GiB --set "
      "hotplug.0.count=5 --json\n\n"
      "A placement that fails in the simulation (ENOMEM) is a result: the exit code is 0.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace compare_command

void register_command_compare(CommandRegistry& registry) {
  registry.add({"compare", "simulate a scenario under each memmap placement and compare",
                compare_command::describe});
}

}  // namespace mhp::cli
