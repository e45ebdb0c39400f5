#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/debate_view.hpp"
#include "sim/cli/placement_list.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/study/compare/compare.hpp"

namespace mhp::cli {

namespace debate_command {
namespace {

struct Args {
  ScenarioArgs scenario{.path = shipped("configs/scenarios/debate.toml")};
  std::string placements;
  unsigned threads = all_processors();
  bool markdown = false;
  bool json = false;
  bool no_progress = false;
};

int execute(const Args& args) {
  study::CompareOptions options;
  options.placements =
      args.placements.empty() ? placements_by_position() : split_placements(args.placements);
  if (options.placements.empty()) return kUsage;
  const auto scenario = load(args.scenario);
  if (!scenario) return print_errors(scenario.error()), exit_code_for(args.scenario);
  options.seed = static_cast<std::uint64_t>(scenario->run.seed);
  options.threads = args.threads;
  std::vector<DebateColumn> columns;
  options.finished = [&](const run::RunResult& r) {
    columns.push_back({kernel::placements().find(r.placement), r.outcome, r.reason, r.objections});
  };
  {
    Progress progress(!args.no_progress);
    options.progress = [&](std::size_t done, std::size_t all) {
      progress.show(fmt::format("{} of {} placements", done, all));
    };
    study::compare(*scenario, options);
  }
  const auto view = args.json ? debate_json : args.markdown ? debate_markdown : debate_text;
  fmt::print("{}", view(*scenario, columns));
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  add_scenario_options(command, args->scenario);
  add_machine_option(command, args->scenario);
  command
      .add_option("--placements", args->placements,
                  "placements, the first of which the others are held against (default: all)")
      ->type_name("A,B");
  command.add_option("-j,--jobs", args->threads, "threads")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1024u))
      ->type_name("N");
  auto* markdown = command.add_flag("--markdown", args->markdown, "print Markdown");
  add_json_option(command, args->json);
  command.get_option("--json")->excludes(markdown);
  add_progress_option(command, args->no_progress);
  command.footer(
      "Examples:\n"
      "  mhpsim debate\n"
      "  mhpsim debate --placements hotplugged_range,early_kernel_zone,altmap_unit\n"
      "  mhpsim debate configs/scenarios/quickstart.toml --placements "
      "boot_memory,hotplugged_range\n"
      "  mhpsim debate --set kernel.memory_block_size=2GiB --json\n\n"
      "A row for each objection that was raised on the kernel's mailing lists, a column for each\n"
      "position; every cell is a figure of a simulation. `kernel.memory_block_size=device` is the\n"
      "position that memory blocks should be as large as the device.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace debate_command

void register_command_debate(CommandRegistry& registry) {
  registry.add({"debate", "every position on where the memmap should live, against every objection",
                debate_command::describe});
}

}  // namespace mhp::cli
