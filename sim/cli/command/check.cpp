#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/study/collect/study_check.hpp"
#include "workloads/trace/hdf5_trace.hpp"

namespace mhp::cli {

namespace check_command {
namespace {

int check_scenario(const ScenarioArgs& args) {
  const auto scenario = load(args);
  if (!scenario) return print_errors(scenario.error()), exit_code_for(args.path);
  fmt::print("{}: ok ({} parameters)\n", args.path, scenario->used.size());
  return kOk;
}

int check_result(const ScenarioArgs& args) {
  if (!args.settings.empty() || args.seed) {
    print_errors({{{args.path, 0, 0},
                   "this is a result file: nothing of it can be set",
                   "leave --set and --seed out"}});
    return kUsage;
  }
  const auto file = study::check_result_file(args.path);
  if (!file) return print_errors(file.error()), kBadInput;
  if (!file->check.faults.empty()) {
    Diagnostics faults;
    for (const std::string& fault : file->check.faults)
      faults.push_back({{args.path, 0, 0}, fault, {}});
    return print_errors(faults), kBadInput;
  }
  const std::string writer =
      file->program_version.empty() ? "" : ", written by mhpsim " + file->program_version;
  fmt::print("{}: ok ({}{})\n", args.path, file->schema, writer);
  fmt::print("  no byte was changed since it was written\n");
  for (const std::string& law : file->check.looked_at) fmt::print("  {}\n", law);
  return kOk;
}

bool is_result(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && workloads::is_hdf5(path);
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<ScenarioArgs>();
  add_scenario_options(command, *args);
  command.get_option("SCENARIO")
      ->description(
          "scenario file (TOML), or a result file (HDF5) of run, compare, sweep, collect or trace");
  command.footer(
      "Examples:\n"
      "  mhpsim check configs/scenarios/quickstart.toml --set hotplug.0.size=2TiB\n"
      "  mhpsim check run.h5\n\n"
      "Of a result file it says whether it is whole, labelled as its schema promises, and whether "
      "its\nnumbers agree with each other: what it looked at, or a line for each fault.");
  command.callback([args, &exit_code] {
    exit_code = is_result(args->path) ? check_result(*args) : check_scenario(*args);
  });
}

}  // namespace
}  // namespace check_command

void register_command_check(CommandRegistry& registry) {
  registry.add({"check", "check a scenario or a result file, without running anything",
                check_command::describe});
}

}  // namespace mhp::cli
