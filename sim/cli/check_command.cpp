#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"

namespace mhp::cli {

void add_check(CLI::App& app, int& exit_code) {
  const auto args = std::make_shared<ScenarioArgs>();
  CLI::App* command = app.add_subcommand(
      "check", "check a scenario and everything it refers to, without running it");
  add_scenario_options(*command, *args);
  command->footer(
      "Example:\n  mhpsim check configs/scenarios/quickstart.toml --set hotplug.0.size=2TiB");
  command->callback([args, &exit_code] {
    const auto scenario = load(*args);
    if (!scenario) {
      print_errors(scenario.error());
      exit_code = exit_code_for(args->path);
      return;
    }
    fmt::print("{}: ok ({} parameters)\n", args->path, scenario->used.size());
  });
}

}  // namespace mhp::cli
