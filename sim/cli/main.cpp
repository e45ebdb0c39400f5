#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/standard_output.hpp"
#include "sim/core/version.hpp"
#include "sim/kernel/placement/common/plugin_loader.hpp"

namespace {

// A value that is empty is a variable of the shell that was not set, never a wish: `-o ""`.
void refuse_empty_values(CLI::App& command) {
  for (CLI::Option* option : command.get_options())
    if (option->get_items_expected_max() > 0)
      option->check([](const std::string& value) {
        return value.empty() ? std::string("the value is empty") : std::string();
      });
  for (CLI::App* inner : command.get_subcommands({})) refuse_empty_values(*inner);
}

int go(int argc, char** argv) {
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
  for (CLI::App* command : app.get_subcommands({})) refuse_empty_values(*command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream out, err;
    const int code = app.exit(e, out, err);
    fmt::print(stderr, "{}", err.str());
    fmt::print("{}", out.str());
    return code == mhp::cli::kOk || code == mhp::cli::kBadInput ? code : mhp::cli::kUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  mhp::cli::hold_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error to report, not a reason to die
  try {
    return mhp::cli::finish_standard_output(go(argc, argv));
  } catch (const std::system_error& e) {
    // fmt throws it when printing fails.
    if (mhp::cli::standard_output_failed())
      return mhp::cli::finish_standard_output(mhp::cli::kNotWritten, e.code().value());
    std::fprintf(stderr, "mhpsim: %s\n", e.what());
    return std::ferror(stderr) != 0 ? mhp::cli::kNotWritten : mhp::cli::kInvariant;
  } catch (const std::bad_alloc&) {
    std::fputs("mhpsim: this needs more memory than there is; simulate less at once\n", stderr);
    return mhp::cli::kBadInput;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "mhpsim: %s\n", e.what());
    return mhp::cli::kInvariant;
  }
}
