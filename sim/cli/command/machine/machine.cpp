#include "sim/cli/command/machine/machine.hpp"

#include <fmt/format.h>

#include <iostream>
#include <iterator>

#include "sim/cli/command.hpp"
#include "sim/core/read_file.hpp"
#include "sim/observed/texts/lines.hpp"

namespace mhp::cli {

namespace machine_command {
namespace {

/// Up to one byte more than is read, so that what is too long shows.
std::string read_some(std::istream& in) {
  std::string text(observed::kMostText + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

void describe(CLI::App& command, int& exit_code) {
  command.require_subcommand(1);
  add_machine_show(command, exit_code);
  add_machine_import(command, exit_code);
  add_machine_why(command, exit_code);
  command.footer(
      "FILE is any text in which a machine says something of itself; its kind is told by its "
      "content:\n  /proc/zoneinfo, buddyinfo, pagetypeinfo, meminfo, vmstat, iomem, cmdline, "
      "version, swaps, cpuinfo;\n  the output of numactl -H, lscpu, lsmem, lstopo; a kernel log "
      "with a report of the OOM killer;\n  ACPI tables SRAT, SLIT, HMAT; a snapshot; several of "
      "these pasted together. - is standard input.\n\n"
      "Examples:\n"
      "  mhpsim machine show /proc/zoneinfo /proc/buddyinfo\n"
      "  numactl -H | mhpsim machine show -\n"
      "  dmesg | mhpsim machine why -");
}

}  // namespace
}  // namespace machine_command

Result<std::vector<observed::InputText>> read_inputs(const std::vector<std::string>& paths) {
  std::vector<observed::InputText> out;
  for (const std::string& path : paths) {
    if (path == "-") {
      out.push_back({"standard input", machine_command::read_some(std::cin)});
      continue;
    }
    auto text = read_file_text(path, observed::kMostText);
    if (!text) return tl::unexpected<Diagnostics>(text.error());
    out.push_back({path, std::move(*text)});
  }
  return out;
}

void register_command_machine(CommandRegistry& registry) {
  registry.add({"machine", "what a machine says of itself, from texts people have at hand",
                machine_command::describe});
}

}  // namespace mhp::cli
