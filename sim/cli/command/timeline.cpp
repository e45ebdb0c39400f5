#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/output.hpp"
#include "sim/record/run_file.hpp"

namespace mhp::cli {

namespace timeline_command {
namespace {

struct Args {
  std::vector<std::string> paths;
  std::string output;
  bool force = false;
};

int execute(const Args& args) {
  if (!replaces_none_of(args.paths, "--output", args.output)) return kUsage;
  if (!args.output.empty() && !may_write_file(args.output, args.force)) return kNotWritten;
  std::vector<record::FileContent> files;
  KernelNotes notes;
  for (const std::string& path : args.paths) {
    auto file = record::read_file(path);
    if (!file) return print_errors(file.error()), kBadInput;
    notes.add(record::text_of(file->attributes, "kernel_note"));
    files.push_back(std::move(*file));
  }
  std::vector<run::TracedRun> runs;
  for (std::size_t i = 0; i < files.size(); ++i) runs.push_back({files[i], args.paths[i]});
  return put_timeline(runs, args.output, args.force);
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  command.add_option("RUN", args->paths, "run files (HDF5); each becomes a process")
      ->required()
      ->expected(1, 1000);
  command.add_option("-o,--output", args->output, "JSON file; else standard output")
      ->type_name("FILE.json");
  command.add_flag("--force", args->force, "replace an existing file");
  command.footer(
      "Examples:\n"
      "  mhpsim run configs/scenarios/quickstart.toml -o quickstart.h5\n"
      "  mhpsim timeline quickstart.h5 -o quickstart.json\n"
      "  mhpsim timeline results/boot_memory-r0.h5 results/hotplugged_range-r0.h5 -o both.json\n\n"
      "Open the file in https://ui.perfetto.dev or chrome://tracing: docs/timelines.md says what "
      "is on\nit.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace timeline_command

void register_command_timeline(CommandRegistry& registry) {
  registry.add({"timeline", "what went on in a run and when, for trace viewers",
                timeline_command::describe});
}

}  // namespace mhp::cli
