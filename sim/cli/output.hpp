#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/run/run.hpp"
#include "sim/run/timeline/trace_json.hpp"

namespace mhp::cli {

/// Checks before a simulation that its result file can be made: the folder exists, and the target
/// does not unless it may be replaced. Prints what is wrong.
bool may_write_file(const std::string& path, bool force);

/// Checks that the files that a command is to write, by the options that name them, are different
/// ones, so that none replaces another. Empty paths are no files. Prints what is wrong.
bool are_different_files(const std::vector<std::pair<std::string, std::string>>& named);

/// Checks that a file that a command writes, by the option that names it, takes the place of none
/// that it reads and makes something else of. Empty paths are no files. Prints what is wrong.
bool replaces_none_of(const std::vector<std::string>& inputs, const std::string& option,
                      const std::string& output);

/// Checks that a folder for results is new or empty, or may be reused, and makes it. Prints what is
/// wrong.
bool prepare_directory(const std::string& path, bool force);

/// Writes the result file of a run; prints what is wrong.
bool write_run(const config::Scenario& scenario, const run::RunResult& result,
               const std::string& path, bool force);

/// Writes the timelines of runs as JSON of trace events, to standard output if `path` is empty;
/// says what they lack, and prints what is wrong. Returns the exit code.
int put_timeline(const std::vector<run::TracedRun>& runs, const std::string& path, bool force);

/// Writes a text file by way of a .partial beside it, over one that is there only with `force`;
/// prints what is wrong.
bool write_text(const std::string& text, const std::string& path, bool force);

}  // namespace mhp::cli
