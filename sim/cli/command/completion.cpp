#include <fmt/format.h>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/reference.hpp"

namespace mhp::cli {

namespace {

void describe(CLI::App& command, int& exit_code) {
  command.footer("Example:\n  source <(mhpsim completion)");
  command.callback([&command, &exit_code] {
    fmt::print("{}", bash_completion(*command.get_parent()));
    exit_code = kOk;
  });
}

}  // namespace

void register_command_completion(CommandRegistry& registry) {
  registry.add({"completion", "print completion of the command line for bash", describe});
}

}  // namespace mhp::cli
