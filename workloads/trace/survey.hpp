#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "workloads/trace/reader.hpp"

namespace mhp::workloads {

/// What a recording comes to before anything is replayed.
struct TraceSurvey {
  TraceNotes notes;
  SimTime first, last;
  PageCount held, held_max;  ///< pages at its end, and the most
  /// Frees of frames that are not held, as far as the recording goes: their allocations came before
  /// it, or were lost.
  std::int64_t unknown_frees = 0;
  /// Allocations of frames that are held: the frees in between were lost.
  std::int64_t lost_frees = 0;
};

/// Reads a whole recording. Memory grows with the blocks that it holds at a time, not with its
/// length.
Result<TraceSurvey> survey_trace(const std::string& path, std::optional<KernelVersion> kernel);

/// The survey for people, a line a fact; facts that are to be wondered at only where they are.
std::string survey_text(const TraceSurvey& survey);

}  // namespace mhp::workloads
