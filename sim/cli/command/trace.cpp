#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/output.hpp"
#include "workloads/trace/hdf5_trace.hpp"
#include "workloads/trace/survey.hpp"

namespace mhp::cli {

namespace trace_command {
namespace {

struct Args {
  std::string recording;
  std::string kernel;
  std::string output;
  bool force = false;
};

int execute(const Args& args) {
  const auto kernel = workloads::KernelVersion::of(args.kernel);
  if (!args.kernel.empty() && !kernel)
    return print_errors({{{"--kernel", 0, 0},
                          fmt::format("'{}' is no version of a kernel", args.kernel),
                          "--kernel 6.12"}}),
           kUsage;
  if (!replaces_none_of({args.recording}, "--output", args.output)) return kUsage;
  const auto survey = workloads::survey_trace(args.recording, kernel);
  if (!survey) return print_errors(survey.error()), kBadInput;
  fmt::print("{}: {}", args.recording, workloads::survey_text(*survey));
  if (args.output.empty()) return kOk;
  if (!may_write_file(args.output, args.force)) return kNotWritten;
  const auto written = workloads::convert_trace(args.recording, args.output, args.force, kernel);
  if (!written) {
    print_errors(written.error().diagnostics);
    return written.error().kind == record::WriteError::kInvalidContent ? kBadInput : kNotWritten;
  }
  fmt::print("{}\n", args.output);
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  command
      .add_option("RECORDING", args->recording,
                  "kmem:mm_page_alloc and mm_page_free: text of ftrace, trace-cmd report or perf "
                  "script, CSV, or HDF5")
      ->required();
  command
      .add_option("--kernel", args->kernel,
                  "version of the recorded kernel, by which gfp_flags that are numbers are read; "
                  "default: what the recording's head says, else the newest")
      ->type_name("VERSION");
  command.add_option("-o,--output", args->output, "HDF5 file")->type_name("TRACE.h5");
  command.add_flag("--force", args->force, "replace an existing file");
  command.footer(
      "Examples:\n  mhpsim trace configs/traces/linux-6.12-huge-pages.txt\n"
      "  mhpsim trace configs/traces/linux-6.12-huge-pages.txt -o huge-pages.h5\n"
      "  mhpsim run configs/scenarios/replay.toml --set workload.file=\\\"$PWD/huge-pages.h5\\\"");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace trace_command

void register_command_trace(CommandRegistry& registry) {
  registry.add({"trace", "say what is in a recording of page events, write it as HDF5",
                trace_command::describe});
}

}  // namespace mhp::cli
