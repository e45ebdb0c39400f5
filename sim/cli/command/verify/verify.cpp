#include "sim/cli/command/verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/config/kernel_profiles.hpp"

namespace mhp::cli {

void add_recording_options(CLI::App& command, RecordingArgs& args) {
  command.add_option("--kernels", args.kernels, "folder of kernel profiles")
      ->capture_default_str()
      ->type_name("DIR");
  add_json_option(command, args.json);
}

Result<kernel::KernelProfile> profile_of(const std::string& series, const RecordingArgs& args) {
  return config::load_nearest_kernel_profile(series, args.kernels);
}

std::vector<std::string> files_in(const std::string& folder, const char* extension) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == extension) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

namespace verify_command {
namespace {

void describe(CLI::App& command, int& exit_code) {
  command.require_subcommand(0, 1);
  const std::vector<Check> checks{
      add_verify_captures(command, exit_code), add_verify_pressure(command, exit_code),
      add_verify_growth(command, exit_code), add_verify_published(command, exit_code)};
  add_verify_host(command, exit_code);
  add_verify_zoneinfo(command, exit_code);
  command.footer(
      "Without a subcommand all that needs nothing but what ships: captures, pressure, growth and "
      "published, one after the other.\n\n"
      "Examples:\n  mhpsim verify\n  mhpsim verify captures");
  command.callback([&command, &exit_code, checks] {
    if (!command.get_subcommands().empty()) return;
    for (const Check& check : checks) exit_code = std::max(exit_code, check());
  });
}

}  // namespace
}  // namespace verify_command

void register_command_verify(CommandRegistry& registry) {
  registry.add({"verify", "compare the model with reality", verify_command::describe});
}

}  // namespace mhp::cli
