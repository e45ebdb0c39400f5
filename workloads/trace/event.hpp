#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "workloads/trace/notes.hpp"

namespace mhp::workloads {

/// One event of kmem:mm_page_alloc or kmem:mm_page_free as it was recorded.
struct PageEvent {
  bool alloc = false;
  SimTime time;  ///< of the recording's clock
  Pfn pfn;       ///< in the recorded machine; 0: the allocation failed there
  int order = 0;
  int migratetype = 0;           ///< of an allocation
  std::string gfp_flags;         ///< of an allocation, by names
  kernel::AllocRequest request;  ///< of an allocation; its node is the replay's business
};

/// Largest page frame and migrate type of a recording; types above 2 are not modelled.
inline constexpr std::int64_t kMaxTracePfn = std::int64_t{1} << 52;
inline constexpr int kMaxTraceMigratetype = 7;

/// The text that a recording comes in.
enum class TraceForm : std::uint8_t {
  events,  ///< of ftrace, trace-cmd report or perf script: one event a line among others
  csv,     ///< the columns of kTraceColumns
};
inline constexpr std::string_view kTraceColumns = "time_ns,event,pfn,order,migratetype,gfp_flags";

/// Reads a recording line by line. Decides what a line says; nothing of it is passed over in
/// silence that names an event of pages: it is an event, an error, or counted in the notes.
class EventParser {
 public:
  /// `kernel`: of the recording, as the user says; nothing: what its head says, else the newest.
  explicit EventParser(std::optional<KernelVersion> kernel);

  /// The event of one line; nothing if the line holds none. `where`: file and line, for what is
  /// wrong.
  Result<std::optional<PageEvent>> parse(TraceForm form, std::string_view line,
                                         const Location& where);

  const TraceNotes& notes() const { return notes_; }
  TraceNotes& notes() { return notes_; }

 private:
  struct Texts {
    std::string_view pfn, order, migratetype, gfp_flags;
  };
  class Line;

  Result<std::optional<PageEvent>> parse_event(std::string_view text, const Location& where);
  Result<std::optional<PageEvent>> parse_csv(std::string_view text, const Location& where);
  Result<std::optional<PageEvent>> finish(const Line& line, PageEvent event, const Texts& t);
  /// What a line between events says of the recording.
  void read_head(std::string_view comment, const Location& where);
  void read_loss(std::string_view text);

  GfpReader gfp_;
  TraceNotes notes_;
};

}  // namespace mhp::workloads
