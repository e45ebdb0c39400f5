#include "workloads/trace/survey.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/interval_map.hpp"

namespace mhp::workloads {

namespace {

/// "1 free", "2 frees".
std::string counted(std::int64_t n, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", n, n == 1 ? one : more);
}

std::string flags_text(const TraceNotes& n) {
  std::string out =
      fmt::format("  {} with gfp_flags as a number, read as of kernels {} ({})\n",
                  counted(n.numeric_flags, "allocation", "allocations"), kernels_of(*n.layout),
                  n.kernel_source.empty() ? "nobody says which: the newest" : n.kernel_source);
  if (n.kernel_source.empty() && n.ambiguous_flags > 0)
    out += fmt::format(
        "    {} would ask for something else under kernels {}: --kernel says which it was\n",
        n.ambiguous_flags, n.ambiguous_under);
  return out;
}

}  // namespace

Result<TraceSurvey> survey_trace(const std::string& path, std::optional<KernelVersion> kernel) {
  TraceSurvey s;
  const auto errors = check_trace(path, {path, 0, 0}, kernel, &s.notes);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(errors);
  IntervalSet held;
  std::int64_t pages = 0;
  TraceReader reader(path, kernel);
  bool first = true;
  for (auto event = reader.next(); event && event->has_value(); event = reader.next()) {
    const PageEvent& e = **event;
    if (std::exchange(first, false)) s.first = e.time;
    s.last = std::max(s.last, e.time);
    if (e.pfn.value == 0 && e.alloc) continue;
    const std::int64_t start = e.pfn.value;
    const std::int64_t end = start + (std::int64_t{1} << e.order);
    const std::int64_t there = held.covered(start, end);
    if (e.alloc) {
      if (there > 0) ++s.lost_frees;
      held.insert(start, end);
      pages += end - start - there;
    } else {
      if (there == 0) ++s.unknown_frees;
      held.erase(start, end);
      pages -= there;
    }
    s.held_max = std::max(s.held_max, PageCount{pages});
  }
  s.held = PageCount{pages};
  return s;
}

std::string survey_text(const TraceSurvey& s) {
  const TraceNotes& n = s.notes;
  std::string out = fmt::format("{}, {} in {:.6f} s; {} held at the end, {} at most\n",
                                counted(n.allocations, "allocation", "allocations"),
                                counted(n.frees, "free", "frees"),
                                static_cast<double>((s.last - s.first).value) / kSecond.value,
                                counted(s.held.value, "page", "pages"), s.held_max.value);
  const auto tell = [&](std::int64_t count, std::string_view one, std::string_view more) {
    if (count > 0) out += "  " + counted(count, one, more) + '\n';
  };
  tell(n.failed, "allocation failed when it was recorded",
       "allocations failed when they were recorded");
  tell(s.unknown_frees, "free of a frame that was not allocated before in the recording",
       "frees of frames that were not allocated before in the recording");
  tell(s.lost_frees, "allocation of a frame that was still held: its free is missing",
       "allocations of frames that were still held: their frees are missing");
  tell(n.lost, "event was lost by the recorder", "events were lost by the recorder");
  tell(n.losses, "place where the recorder lost events, it does not say how many",
       "places where the recorder lost events, it does not say how many");
  tell(n.overwritten, "event was overwritten before the buffer was read",
       "events were overwritten before the buffer was read");
  for (const auto& [name, count] : n.passed_over)
    out += fmt::format("  {} passed over: neither an allocation nor a free\n",
                       counted(count, name, name));
  tell(n.mentions, "line names an event of pages and is none",
       "lines name an event of pages and are none");
  if (n.numeric_flags > 0) out += flags_text(n);
  if (n.cut_short)
    out += "  the last line is cut short: left out\n";
  else if (n.unterminated)
    out += "  the last line has no end: it may be cut short\n";
  return out;
}

}  // namespace mhp::workloads
