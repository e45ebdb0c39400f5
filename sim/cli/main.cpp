#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/core/version.hpp"
#include "sim/kernel/placement/common/plugin_loader.hpp"

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error to report, not a reason to die
  CLI::App app{
      "mhpsim: where should the memmap of hot-added memory live, when, and at what cost?\n"
      "A discrete-event simulator of Linux memory hot-add.\n",
      "mhpsim"};
  app.footer(
      "Examples:\n"
      "  mhpsim compare configs/scenarios/quickstart.toml\n"
      "  mhpsim run configs/scenarios/small-guest.toml --set hotplug.0.size=12GiB -o guest.h5\n"
      "  mhpsim sweep configs/studies/guest-growth.toml -o results/guest-growth\n"
      "  mhpsim plan configs/questions/kata-bracket.toml\n"
      "  mhpsim list params\n"
      "  mhpsim verify captures analysis/validation/captures/recordings/*.json\n\n"
      "Exit codes: 0 ok, 1 a check failed, 2 usage, 3 bad configuration, 4 unreadable input, 5 "
      "output not written,\n"
      "6 model invariant violated, 7 some runs of a study failed, 8 a question without an\n"
      "answer, 130 and 143 ended by a signal.");
  app.set_version_flag(
      "--version", fmt::format("mhpsim {} (model {})", mhp::kProgramVersion, mhp::kModelVersion));
  app.require_subcommand(1);
  app.fallthrough();
  std::vector<std::string> plugins;
  app.add_option("--plugin", plugins, "shared library with placements of your own (docs/adding.md)")
      ->take_all()
      ->type_name("FILE.so")
      ->each([](const std::string& path) {
        if (const auto loaded = mhp::kernel::load_placements(path); !loaded) {
          mhp::cli::print_errors(loaded.error());
          throw CLI::RuntimeError(mhp::cli::kBadInput);
        }
      });
  int exit_code = mhp::cli::kOk;
  mhp::cli::CommandRegistry commands;
  register_all_commands(commands);
  for (const auto& [name, command] : commands.entries())
    command.describe(*app.add_subcommand(name, command.doc), exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return code == mhp::cli::kOk || code == mhp::cli::kBadInput ? code : mhp::cli::kUsage;
  } catch (const std::exception& e) {
    fmt::print(stderr, "mhpsim: {}\n", e.what());
    return mhp::cli::kInvariant;
  }
  return exit_code;
}
