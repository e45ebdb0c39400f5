#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sim/core/host.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/run/timeline/recorder.hpp"

namespace mhp::run {

/// Numbers of the names of what a step does.
class StepNames {
 public:
  explicit StepNames(TimelineRecorder& recorder);

  std::uint16_t of(kernel::Primitive p) const { return work_[static_cast<std::size_t>(p)]; }
  std::uint16_t of(kernel::Lock lock) const { return locks_[static_cast<std::size_t>(lock)]; }
  std::uint16_t of(kernel::Condition c) const { return waits_[static_cast<std::size_t>(c)]; }
  std::uint16_t running, stall;

 private:
  std::array<std::uint16_t, kernel::kPrimitives> work_{};
  std::array<std::uint16_t, kernel::kLocks> locks_{};
  std::array<std::uint16_t, 8> waits_{};
};

/// The word for a lock, as the kernel calls it.
std::string_view lock_name(kernel::Lock lock);

/// What one task does, from the steps of its host: `running` from its first step after a sleep to
/// the next sleep, in it stalls for want of memory, in these what it works on and waits for.
class ThreadSpans {
 public:
  /// `offset`: what is to be added to its times.
  ThreadSpans(TimelineRecorder& recorder, const StepNames& names, std::uint32_t track,
              SimTime offset = SimTime{})
      : recorder_(recorder), names_(names), track_(track), offset_(offset), steps_(recorder) {}

  std::uint32_t track() const { return track_; }

  /// The task begins a step; the one before is over.
  void step(SimTime now, const Step& step);
  /// The work that it has just begun ends then at the latest.
  void ends(SimTime at) { ends_ = at + offset_; }
  /// Its work has ended.
  void ended(SimTime now) { ends_ = now + offset_; }
  /// Nothing of it comes any more.
  void conclude(SimTime now);

 private:
  void close(SimTime now);
  void sleep(SimTime now);
  void begin(SimTime now, SpanKind kind, std::uint16_t name, std::int64_t units);
  void stall(SimTime now, bool enters);

  TimelineRecorder& recorder_;
  const StepNames& names_;
  std::uint32_t track_;
  SimTime offset_;
  Neighbours steps_;
  std::optional<Span> open_;        ///< the step that it is in
  std::optional<SimTime> ends_;     ///< when that is over, if it is known
  std::optional<SimTime> running_;  ///< since when
  std::optional<SimTime> stalled_;
};

}  // namespace mhp::run
