#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/record/dataset.hpp"
#include "sim/record/promise.hpp"

namespace mhp::run {

/// What a look at a result file has found.
struct FileCheck {
  std::vector<std::string> looked_at;  ///< in words: what holds, or was to hold
  std::vector<std::string> faults;     ///< a sentence each
};

/// What a schema of run files promises: mhpsim-run/1 or /2. The groups of a recording are not among
/// it: a run that was not recorded has none.
std::vector<record::Promise> run_promises(int version);
/// The promises of those groups, which a file has all or none of.
std::vector<record::Promise> recording_promises();

/// Whether a run file keeps what its schema promises, and what must hold of its numbers.
FileCheck check_run_file(const record::FileContent& file, int version);

}  // namespace mhp::run
