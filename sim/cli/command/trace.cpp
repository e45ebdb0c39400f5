#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/output.hpp"
#include "workloads/trace/hdf5_trace.hpp"
#include "workloads/trace/reader.hpp"

namespace mhp::cli {

namespace {

struct Args {
  std::string recording;
  std::string output;
  bool force = false;
};

int execute(const Args& args) {
  if (auto wrong = workloads::check_trace(args.recording, {args.recording, 0, 0}); !wrong.empty())
    return print_errors(wrong), kBadInput;
  if (!may_write_file(args.output, args.force)) return kNotWritten;
  const auto errors = workloads::convert_trace(args.recording, args.output, args.force);
  if (!errors.empty()) return print_errors(errors), kNotWritten;
  fmt::print("{}\n", args.output);
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  command
      .add_option("RECORDING", args->recording,
                  "kmem:mm_page_alloc and mm_page_free: text of ftrace or perf script, or CSV")
      ->required();
  command.add_option("-o,--output", args->output, "HDF5 file")->type_name("TRACE.h5")->required();
  command.add_flag("--force", args->force, "replace an existing file");
  command.footer(
      "Example:\n  mhpsim trace configs/traces/linux-6.12-huge-pages.txt -o huge-pages.h5\n"
      "  mhpsim run configs/scenarios/replay.toml --set workload.file=\\\"$PWD/huge-pages.h5\\\"");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace

void register_command_trace(CommandRegistry& registry) {
  registry.add(
      {"trace", "write a recording of page events as HDF5, for the workload trace", describe});
}

}  // namespace mhp::cli
