#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command/machine/machine.hpp"
#include "sim/cli/output.hpp"
#include "sim/observed/unsaid.hpp"

namespace mhp::cli {

namespace machine_import {
namespace {

struct Args {
  std::vector<std::string> files;
  std::string output;
  bool force = false;
};

int execute(const Args& args) {
  if (!may_write_file(args.output, args.force)) return kNotWritten;
  const auto inputs = read_inputs(args.files);
  if (!inputs) return print_errors(inputs.error()), kBadInput;
  const auto machine = observed::observe(*inputs);
  if (!machine) return print_errors(machine.error()), kBadInput;
  if (!write_text(observed::joined(*inputs), args.output, args.force)) return kNotWritten;
  for (const observed::Remark& r : machine->found) fmt::print("found: {} ({})\n", r.what, r.where);
  for (const observed::Remark& r : observed::unsaid(*machine))
    fmt::print("assumed: {}: {}\n", r.what, r.where);
  return kOk;
}

}  // namespace
}  // namespace machine_import

void add_machine_import(CLI::App& parent, int& exit_code) {
  auto& command =
      *parent.add_subcommand("import", "make one machine file of texts, for --machine of a run");
  const auto args = std::make_shared<machine_import::Args>();
  command.add_option("FILE", args->files, "texts of one machine; - for standard input")->required();
  command.add_option("-o,--output", args->output, "machine file")->required()->type_name("FILE");
  command.add_flag("--force", args->force, "replace an existing file");
  command.footer(
      "The file has the texts as they are, each under a line that says what it is: look it over "
      "before\nyou pass it on. What was found and what a run assumes is printed.\n\n"
      "Examples:\n  mhpsim machine import numactl.txt oom.log -o box.txt\n"
      "  mhpsim compare --machine box.txt --set hotplug.0.size=64GiB");
  command.callback([args, &exit_code] { exit_code = machine_import::execute(*args); });
}

}  // namespace mhp::cli
