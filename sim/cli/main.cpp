#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/standard_output.hpp"
#include "sim/cli/version_view.hpp"
#include "sim/core/data_folder.hpp"
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

/// --version, or --version=json.
void add_version(CLI::App& app, std::string& form) {
  app.add_flag("--version", form,
               "print the versions of program and model; --version=json: of all it is made of")
      ->each([](const std::string& asked) {
        if (asked == "json") throw CLI::CallForVersion(mhp::cli::version_json(), 0);
        if (asked == "true") throw CLI::CallForVersion(mhp::cli::version_text(), 0);
        throw CLI::ValidationError("write --version or --version=json");
      });
}

/// Whether what MHPSIM_DATA names can be what ships; says so if not.
bool data_are_there() {
  std::error_code ignored;
  const char* named = std::getenv(mhp::kDataVariable);
  if (named == nullptr || *named == '\0' ||
      std::filesystem::is_directory(mhp::shipped("configs"), ignored))
    return true;
  mhp::cli::print_errors({{{mhp::kDataVariable, 0, 0},
                           fmt::format("the folder '{}' has no folder configs", named),
                           "name the folder that ships with mhpsim, or unset the variable"}});
  return false;
}

int go(int argc, char** argv) {
  CLI::App app{
      "mhpsim: where should the memmap of hot-added memory live, when, and at what cost?\n"
      "A discrete-event simulator of Linux memory hot-add.\n",
      "mhpsim"};
  app.footer(
      "Examples:\n"
      "  mhpsim compare quickstart\n"
      "  mhpsim run small-guest --set hotplug.0.size=12GiB -o guest.h5\n"
      "  mhpsim sweep guest-growth -o results/guest-growth\n"
      "  mhpsim plan kata-bracket\n"
      "  mhpsim list scenarios\n"
      "  mhpsim verify captures\n\n"
      "Exit codes: 0 ok, 1 a check failed, 2 usage, 3 bad configuration, 4 unreadable input, 5 "
      "output not written,\n"
      "6 model invariant violated, 7 some runs of a study failed, 8 a question without an\n"
      "answer, 130 and 143 ended by a signal.");
  std::string version_form;
  add_version(app, version_form);
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
  if (argc < 2) {  // as wrong as any command line without a command, but help is what is needed
    fmt::print(stderr, "{}", app.help());
    return mhp::cli::kUsage;
  }
  if (!data_are_there()) return mhp::cli::kBadInput;
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
