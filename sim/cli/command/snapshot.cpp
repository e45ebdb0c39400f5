#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/output.hpp"
#include "sim/observed/gather.hpp"

namespace mhp::cli {

namespace snapshot_command {
namespace {

struct Args {
  std::string root = "/";
  std::string output;
  bool force = false;
};

int execute(const Args& args) {
  if (!args.output.empty() && !may_write_file(args.output, args.force)) return kNotWritten;
  const auto snapshot = observed::gather(args.root);
  if (!snapshot) return print_errors(snapshot.error()), kBadInput;
  const std::string text = observed::write_snapshot(*snapshot);
  if (args.output.empty()) return fmt::print("{}", text), kOk;
  if (!write_text(text, args.output, args.force)) return kNotWritten;
  for (const std::string& note : snapshot->notes)
    if (note.starts_with("not read") || note.starts_with("left out of"))
      fmt::print(stderr, "note: {}\n", note);
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  command
      .add_option("--root", args->root,
                  "folder that holds another machine's proc and sys; links in it are not followed")
      ->capture_default_str()
      ->type_name("DIR");
  command.add_option("-o,--output", args->output, "snapshot file; else standard output")
      ->type_name("FILE");
  command.add_flag("--force", args->force, "replace an existing file");
  command.footer(
      "Examples:\n"
      "  mhpsim snapshot -o box.snapshot\n"
      "  sudo mhpsim snapshot -o box.snapshot --force\n"
      "  mhpsim snapshot --root unpacked-sosreport -o box.snapshot\n"
      "  mhpsim compare --machine box.snapshot --set hotplug.0.size=1TiB\n\n"
      "A text file that a person can read, and shorten: every section may be missing. Without the\n"
      "rights of root it lacks the addresses of memory and the types of pageblocks; it says so.\n"
      "Who built the kernel, boot options that do not concern memory, and the names of devices "
      "and\n"
      "files are left out.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace snapshot_command

void register_command_snapshot(CommandRegistry& registry) {
  registry.add({"snapshot", "gather the state of a machine's memory from /proc and /sys",
                snapshot_command::describe});
}

}  // namespace mhp::cli
