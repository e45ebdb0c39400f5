#pragma once

#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"
#include "sim/run/result/check/file_check.hpp"

namespace mhp::study {

/// Whether a study file (mhpsim-study/1) keeps what its schema promises, and what must hold of its
/// numbers.
run::FileCheck check_study_file(const record::FileContent& file);
/// The same of the file of a shard (mhpsim-shard/1).
run::FileCheck check_shard_file(const record::FileContent& file);

/// A result file as it was found.
struct CheckedFile {
  std::string schema;
  std::string program_version;  ///< that wrote it
  run::FileCheck check;
};

/// Reads a result file of any kind (of a run, a study, a shard, a recorded trace) and checks it.
/// Fails if it cannot be read whole as it was written, or if its schema is none that is known.
Result<CheckedFile> check_result_file(const std::string& path);

}  // namespace mhp::study
