#include "sim/cli/completion.hpp"

#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"

namespace mhp::cli {

namespace completion_command {
namespace {

void describe(CLI::App& command, int& exit_code) {
  const auto shell = std::make_shared<std::string>("bash");
  command.add_option("SHELL", *shell, "bash or zsh")
      ->capture_default_str()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command.footer(
      "Examples:\n"
      "  source <(mhpsim completion)\n"
      "  source <(mhpsim completion zsh)");
  command.callback([&command, shell, &exit_code] {
    const CLI::App& program = *command.get_parent();
    fmt::print("{}", *shell == "zsh" ? zsh_completion(program) : bash_completion(program));
    exit_code = kOk;
  });
}

}  // namespace
}  // namespace completion_command

void register_command_completion(CommandRegistry& registry) {
  registry.add({"completion", "print completion of the command line for bash or zsh",
                completion_command::describe});
}

}  // namespace mhp::cli
