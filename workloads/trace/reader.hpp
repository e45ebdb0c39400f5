#pragma once

#include <fstream>
#include <optional>
#include <string>

#include "workloads/trace/event.hpp"
#include "workloads/trace/hdf5_trace.hpp"

namespace mhp::workloads {

/// Reads a recording event by event. A file whose first line is kTraceColumns is CSV, every other
/// is text of ftrace, trace-cmd or perf script; of these one line is held at a time. HDF5 is held
/// as a whole.
class TraceReader {
 public:
  /// `kernel`: of the recording, for flags that are numbers; nothing: what its head says.
  explicit TraceReader(const std::string& path, std::optional<KernelVersion> kernel = {});

  bool open() const { return file_.is_open(); }
  /// The next event; nothing at the end of the file. An error names its line and column; reading
  /// may go on behind it, unless the file has ended(): it is none that can be read.
  Result<std::optional<PageEvent>> next();
  bool ended() const { return refused_.has_value(); }
  const TraceNotes& notes() const { return parser_.notes(); }

 private:
  /// What the file is, if it is no recording that can be read.
  std::optional<Diagnostic> no_text();
  bool read_line();

  std::ifstream file_;
  Location where_;
  TraceForm form_ = TraceForm::events;
  EventParser parser_;
  std::string line_;
  bool too_long_ = false;
  std::optional<Diagnostic> refused_;
  std::optional<Result<TraceTable>> table_;  ///< of HDF5
  std::size_t row_ = 0;
};

/// Reads a whole recording for what is wrong with it (at most ten errors). `named_at`: where the
/// file is named. `notes`: where what else it holds is wanted.
Diagnostics check_trace(const std::string& path, const Location& named_at,
                        std::optional<KernelVersion> kernel = {}, TraceNotes* notes = nullptr);

}  // namespace mhp::workloads
