#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"

namespace mhp::workloads {

/// One event of kmem:mm_page_alloc or kmem:mm_page_free as it was recorded.
struct PageEvent {
  bool alloc = false;
  SimTime time;  ///< of the recording's clock
  Pfn pfn;       ///< in the recorded machine; 0: the allocation failed there
  int order = 0;
  int migratetype = 0;           ///< of an allocation
  std::string gfp_flags;         ///< of an allocation, as they were printed
  kernel::AllocRequest request;  ///< of an allocation; its node is the replay's business
};

/// Largest page frame and migrate type of a recording; types above 2 are not modelled.
inline constexpr std::int64_t kMaxTracePfn = std::int64_t{1} << 52;
inline constexpr int kMaxTraceMigratetype = 7;

/// The text that a recording comes in.
enum class TraceForm : std::uint8_t {
  events,  ///< of ftrace (/sys/kernel/tracing/trace) or perf script: one event a line among others
  csv,     ///< the columns of kTraceColumns
};
inline constexpr std::string_view kTraceColumns = "time_ns,event,pfn,order,migratetype,gfp_flags";

/// The event of one line; nothing if the line holds none (comments, other events). `where`: file
/// and line, for what is wrong.
Result<std::optional<PageEvent>> parse_line(TraceForm form, std::string_view line,
                                            const Location& where);

/// What the GFP flags of an allocation decide, by the names that the kernel prints
/// (include/trace/events/mmflags.h): "GFP_KERNEL|__GFP_NORETRY".
kernel::AllocRequest request_of(std::string_view gfp_flags, int order, int migratetype);

}  // namespace mhp::workloads
