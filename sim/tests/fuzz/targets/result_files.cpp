// Result files behind the library: any content of the right form, to all that reads it. Only what
// is valid comes out of a file (record::validate).
#include <nlohmann/json.hpp>

#include "sim/record/dataset.hpp"
#include "sim/report/document.hpp"
#include "sim/report/inputs.hpp"
#include "sim/run/explain/difference.hpp"
#include "sim/run/result/check/file_check.hpp"
#include "sim/run/result/recorded_figures.hpp"
#include "sim/run/result/recorded_run.hpp"
#include "sim/run/timeline/trace_json.hpp"
#include "sim/study/collect/study_check.hpp"
#include "sim/study/compare/study_columns.hpp"
#include "sim/tests/fuzz/content.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"
#include "workloads/trace/hdf5_trace.hpp"

namespace mhp::fuzz {

namespace result_files_target {
namespace {

using record::FileContent;

/// A report of the run, as of a file that holds it.
void report_of(const FileContent& content, run::RecordedRun run) {
  report::Inputs in;
  report::RunInput input;
  input.file = {"f.h5", "00000000"};
  input.run = std::move(run);
  input.placement = input.run.placement;
  input.column = input.placement;
  input.run_id = record::text_of(content.attributes, "run_id");
  input.figures = run::recorded_metrics(content);
  input.content = std::make_shared<const FileContent>(content);
  in.columns = {input.column};
  in.runs.push_back(std::move(input));
  const auto document = report::document_of(in);
  if (checked(document)) report::text_of(*document);
}

void report_of_study(const FileContent& content) {
  report::Inputs in;
  in.study_file = report::InputFile{"f.h5", "00000000"};
  in.study = content;
  const auto document = report::document_of(in);
  if (checked(document)) report::text_of(*document);
}

void read(const std::string& bytes) {
  const FileContent content = changed_content(bytes);
  if (const Diagnostics wrong = record::validate(content, "f.h5"); !wrong.empty())
    return check(wrong);
  run::recorded_metrics(content);
  run::check_run_file(content, 1);
  run::check_run_file(content, 2);
  study::check_study_file(content);
  study::check_shard_file(content);
  checked(run::recorded_figures(content, "f.h5"));
  checked(run::trace_json({{content, "f.h5"}}));
  checked(study::study_points(content, "f.h5"));
  report_of_study(content);
  if (const auto table = workloads::TraceTable::of(content, "f.h5"); checked(table))
    for (std::size_t i = 0; i < table->events(); ++i) table->event(i);
  auto run = run::recorded_run(content, "f.h5");
  if (checked(run)) report_of(content, std::move(*run));
}

}  // namespace
}  // namespace result_files_target

void register_fuzz_target_result_files(TargetRegistry& registry) {
  registry.add({"result_files", "any content of HDF5 files, to all that reads it", content_seeds,
                result_files_target::read, 1500});
}

}  // namespace mhp::fuzz
