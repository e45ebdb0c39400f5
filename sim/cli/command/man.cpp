#include <fmt/format.h>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/reference.hpp"

namespace mhp::cli {

namespace man_command {
namespace {

void describe(CLI::App& command, int& exit_code) {
  command.footer("Example:\n  mhpsim man | man -l -");
  command.callback([&command, &exit_code] {
    fmt::print("{}", man_page(*command.get_parent()));
    exit_code = kOk;
  });
}

}  // namespace
}  // namespace man_command

void register_command_man(CommandRegistry& registry) {
  registry.add({"man", "print the manual page", man_command::describe});
}

}  // namespace mhp::cli
