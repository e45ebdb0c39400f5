#pragma once

#include <fstream>
#include <optional>
#include <string>

#include "workloads/trace/event.hpp"
#include "workloads/trace/hdf5_trace.hpp"

namespace mhp::workloads {

/// Reads a recording event by event. A file whose first line is kTraceColumns is CSV, every other
/// is text of ftrace or perf script; of these one line is held at a time. HDF5 is held as a whole.
class TraceReader {
 public:
  explicit TraceReader(const std::string& path);

  bool open() const { return file_.is_open(); }
  /// The next event; nothing at the end of the file. An error names its line and column; reading
  /// may go on behind it.
  Result<std::optional<PageEvent>> next();

 private:
  std::ifstream file_;
  Location where_;
  TraceForm form_ = TraceForm::events;
  std::string line_;
  std::optional<Result<TraceTable>> table_;  ///< of HDF5
  std::size_t row_ = 0;
};

/// Reads a whole recording for what is wrong with it (at most ten errors). `named_at`: where the
/// file is named.
Diagnostics check_trace(const std::string& path, const Location& named_at);

}  // namespace mhp::workloads
