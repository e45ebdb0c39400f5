#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command/machine/machine.hpp"

namespace mhp::cli {

namespace machine_show {
namespace {

struct Args {
  std::vector<std::string> files;
  bool dot = false;
  bool json = false;
};

int execute(const Args& args) {
  const auto inputs = read_inputs(args.files);
  if (!inputs) return print_errors(inputs.error()), kBadInput;
  const auto machine = observed::observe(*inputs);
  if (!machine) return print_errors(machine.error()), kBadInput;
  if (args.json)
    fmt::print("{}\n", machine_json(*machine).dump(2));
  else
    fmt::print("{}", args.dot ? machine_dot(*machine) : machine_table(*machine));
  return kOk;
}

}  // namespace
}  // namespace machine_show

void add_machine_show(CLI::App& parent, int& exit_code) {
  auto& command = *parent.add_subcommand(
      "show", "nodes, zones, distances, memory blocks; what was found and what is assumed");
  const auto args = std::make_shared<machine_show::Args>();
  command.add_option("FILE", args->files, "texts of one machine; - for standard input")->required();
  auto* dot = command.add_flag("--dot", args->dot, "print its nodes as a graph for Graphviz");
  auto* json = command.add_flag("--json", args->json, "print one JSON object");
  dot->excludes(json);
  command.footer(
      "Examples:\n  mhpsim machine show /proc/zoneinfo /proc/buddyinfo\n"
      "  numactl -H | mhpsim machine show - --dot | dot -Tsvg -o machine.svg");
  command.callback([args, &exit_code] { exit_code = machine_show::execute(*args); });
}

}  // namespace mhp::cli
