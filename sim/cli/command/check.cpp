#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"

namespace mhp::cli {

namespace {

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<ScenarioArgs>();
  add_scenario_options(command, *args);
  command.footer(
      "Example:\n  mhpsim check configs/scenarios/quickstart.toml --set hotplug.0.size=2TiB");
  command.callback([args, &exit_code] {
    const auto scenario = load(*args);
    if (!scenario) {
      print_errors(scenario.error());
      exit_code = exit_code_for(args->path);
      return;
    }
    fmt::print("{}: ok ({} parameters)\n", args->path, scenario->used.size());
  });
}

}  // namespace

void register_command_check(CommandRegistry& registry) {
  registry.add(
      {"check", "check a scenario and everything it refers to, without running it", describe});
}

}  // namespace mhp::cli
