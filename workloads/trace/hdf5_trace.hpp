#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sim/record/dataset.hpp"
#include "sim/record/run_file.hpp"
#include "workloads/trace/event.hpp"

namespace mhp::workloads {

/// The schema of recordings in HDF5: a group `events`, a table over `event`.
inline constexpr const char* kTraceSchema = "mhpsim-trace/1";

/// True for a file that begins as HDF5 files do.
bool is_hdf5(const std::string& path);

/// A recording as a table: the columns of the CSV form, 20 bytes an event.
class TraceTable {
 public:
  /// Reads a file and checks that it is a recording; what is wrong is told by the event's number.
  static Result<TraceTable> read(const std::string& path);
  /// The same of what such a file holds, which it takes over.
  static Result<TraceTable> of(record::FileContent file, const std::string& path);

  void add(const PageEvent& event);
  std::size_t events() const { return time_.size(); }
  PageEvent event(std::size_t i) const;
  /// What a result file of it holds; the table is empty then. More than 255 sets of GFP flags have
  /// no room.
  Result<record::FileContent> content(const std::string& title) &&;

 private:
  /// The flags of each set of names that the file has.
  std::vector<GfpFlags> gfp_;
  std::vector<std::int64_t> time_, pfn_;
  std::vector<std::int8_t> order_, migratetype_;
  std::vector<std::uint8_t> kind_;
  record::Flags gfp_flags_{{}, {"none"}};
  bool too_many_flags_ = false;

  /// Reads the sets of flags.
  Diagnostics read_flags(const std::string& path);
};

/// Reads a recording of any form and writes it as HDF5; `force`: over a file that exists. `kernel`:
/// of the recording, for flags that are numbers. What is wrong with the recording is
/// WriteError::kInvalidContent.
[[nodiscard]] tl::expected<void, record::WriteFailure> convert_trace(
    const std::string& from, const std::string& to, bool force,
    std::optional<KernelVersion> kernel = {});

}  // namespace mhp::workloads
