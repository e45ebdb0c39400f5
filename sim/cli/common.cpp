#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "sim/cli/cli.hpp"

namespace mhp::cli {

void add_scenario_options(CLI::App& command, ScenarioArgs& args) {
  command.add_option("SCENARIO", args.path, "scenario file (TOML)")->required();
  command
      .add_option("--set", args.settings,
                  "set a parameter: key=value, with the path that 'mhpsim list params' shows")
      ->take_all()
      ->type_name("KEY=VALUE");
  command.add_option("--seed", args.seed, "seed of all random draws (default: the scenario's)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
}

Result<config::Scenario> load(const ScenarioArgs& args) {
  auto settings = args.settings;
  if (args.seed) settings.push_back(fmt::format("seed={}", *args.seed));
  return config::load_scenario(args.path, settings);
}

void print_errors(const Diagnostics& errors) {
  for (const Diagnostic& d : errors) fmt::print(stderr, "{}\n", d.text());
}

int exit_code_for(const std::string& path) {
  std::error_code ignored;
  const bool readable =
      std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), R_OK) == 0;
  return readable ? kBadConfig : kBadInput;
}

Progress::Progress(bool wanted) : on_(wanted && isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::show(const std::string& text) {
  if (!on_) return;
  shown_ = true;
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
}

}  // namespace mhp::cli
