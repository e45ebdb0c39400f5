#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/output.hpp"
#include "sim/study/collect/benchmark_file.hpp"
#include "sim/study/collect/study_file.hpp"
#include "sim/study/collect/study_schema.hpp"
#include "sim/study/sweep/folder.hpp"
#include "sim/study/sweep/journal_index.hpp"

namespace mhp::cli {

namespace collect_command {
namespace {

struct Args {
  std::string folder;
  std::string benchmark;
  std::string output;
  bool force = false;
};

/// Writes the study file of what the records say.
int collect(const study::Study& study, const study::RunRecords& records, const std::string& output,
            bool force) {
  print_kernel_note(study::kernel_notes(study));
  const study::Plan plan(study);
  const study::Scenarios scenarios(plan);
  record::SystemFileSink files;
  const auto counts = study::write_study_file({scenarios, records}, output, force, files);
  if (!counts) return print_errors(counts.error().diagnostics), kNotWritten;
  fmt::print("{}:", output);
  for (std::size_t s = 0; s < counts->size(); ++s)
    if ((*counts)[s] > 0 || s == 0)
      fmt::print("{} {} {}", s == 0 ? "" : ",", (*counts)[s], study::status_words()[s]);
  fmt::print("\n");
  const auto of = [&](study::CellStatus s) { return (*counts)[static_cast<std::size_t>(s)]; };
  return of(study::CellStatus::missing) + of(study::CellStatus::invalid) > 0 ? kRunsFailed : kOk;
}

int from_sweep(const Args& args) {
  const std::string path = study::study_path(args.folder);
  const auto study = study::load_study(path, {});
  if (!study) return print_errors(study.error()), exit_code_for(path);
  const std::string output = args.output.empty() ? args.folder + "/study.h5" : args.output;
  if (!may_write_file(output, args.force)) return kNotWritten;
  const auto index = study::JournalIndex::read(args.folder);
  if (!index) return print_errors(index.error()), kBadInput;
  if (auto same = index->check_repeats(); !same) return print_errors(same.error()), kBadInput;
  for (const auto& file : index->files())
    if (file.tail > 0)
      fmt::print(stderr, "{}: the last {} bytes are no whole record and are passed over\n",
                 file.path, file.tail);
  return collect(*study, *index, output, args.force);
}

int from_benchmark(const Args& args) {
  if (!replaces_none_of({args.benchmark}, "--output", args.output)) return kUsage;
  const auto file = study::read_benchmark_file(args.benchmark);
  if (!file) return print_errors(file.error()), kBadInput;
  if (!may_write_file(args.output, args.force)) return kNotWritten;
  const auto records = study::benchmark_records(*file);
  if (!records) return print_errors(records.error()), kBadInput;
  return collect(file->study, *records, args.output, args.force);
}

int execute(const Args& args) {
  if (args.folder.empty() == args.benchmark.empty() ||
      (args.output.empty() && !args.benchmark.empty())) {
    fmt::print(stderr, "give DIR, or --from-benchmark FILE.json and -o STUDY.h5\n");
    return kUsage;
  }
  return args.benchmark.empty() ? from_sweep(args) : from_benchmark(args);
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  command.add_option("DIR", args->folder, "folder of the sweep");
  command
      .add_option("--from-benchmark", args->benchmark,
                  "what study_bench --benchmark_out wrote, in place of DIR")
      ->type_name("FILE.json");
  command.add_option("-o,--output", args->output, "study file (default: DIR/study.h5)")
      ->type_name("STUDY.h5");
  command.add_flag("--force", args->force, "replace an existing study file");
  command.footer(
      "Example:\n  mhpsim collect results/guest-growth -o guest-growth.h5\n"
      "  mhpsim collect --from-benchmark speed.json -o speed.h5\n\n"
      "Runs that are not there are NaN in the file, which says why; the exit code is then 7.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace collect_command

void register_command_collect(CommandRegistry& registry) {
  registry.add({"collect", "make one study file of the runs that sweeps left in a folder",
                collect_command::describe});
}

}  // namespace mhp::cli
