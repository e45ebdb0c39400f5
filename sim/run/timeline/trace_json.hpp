#pragma once

#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"

namespace mhp::run {

/// The content of a run file, and what messages call it.
struct TracedRun {
  const record::FileContent& file;
  std::string path;
};

/// The timelines of runs as JSON of trace events, which ui.perfetto.dev and chrome://tracing open
/// (docs/timelines.md): a process for each run, in their order, and one for its boot; times in
/// microseconds with their nanoseconds as fraction. Of a file that has no spans (mhpsim-run/1) the
/// hot-plug operations and the counters. Depends on the files alone. A file of another kind is an
/// error.
Result<std::string> trace_json(const std::vector<TracedRun>& runs);

/// What of its timeline a run file does not hold, for people: "12 shorter spans of locks are left
/// out"; empty if nothing is missing.
std::string left_out(const record::FileContent& file);

}  // namespace mhp::run
