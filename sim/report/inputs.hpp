#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"
#include "sim/run/result/recorded_run.hpp"

namespace mhp::report {

/// A file that a report is made from.
struct InputFile {
  std::string path;
  std::string crc32;  ///< of its seal; empty of a text
};

/// A run as its file has it.
struct RunInput {
  InputFile file;
  std::string column;  ///< what the run is called beside others: its placement, or its file
  std::string placement;
  std::int64_t replicate = 0;
  std::string run_id;
  run::RecordedRun run;
  std::vector<run::RecordedMetric> figures;
  /// Everything else; only of the first replicate of a column.
  std::shared_ptr<const record::FileContent> content;
};

/// What a report is about: runs, or a study, or an answer with the study that it rests on.
struct Inputs {
  std::vector<RunInput> runs;        ///< the columns in their order, replicates ascending
  std::vector<std::string> columns;  ///< the baseline first
  std::optional<InputFile> study_file;
  std::optional<record::FileContent> study;
  std::optional<InputFile> answer_file;
  std::shared_ptr<const nlohmann::ordered_json> answer;

  std::vector<const RunInput*> of(const std::string& column) const;
};

/// Reads run files, a folder of run files (of `compare -o`), a study file or a folder that holds
/// one, the answer of `plan` or the folder that holds it; which it is, is found by content. One
/// error for what is no result of mhpsim, damaged, or does not belong together: runs of two
/// scenarios in one folder, of two versions of the model, or one run twice.
Result<Inputs> read_inputs(const std::vector<std::string>& paths);

}  // namespace mhp::report
