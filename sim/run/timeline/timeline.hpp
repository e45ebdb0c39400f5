#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/hotplug/op_result.hpp"

namespace mhp::run {

/// What a track of a timeline belongs to.
enum class TrackKind : std::uint8_t { node, device, lock, thread, workload, boot };
constexpr std::array<Word, 6> words_of(TrackKind) {
  return {{{"node", "a zone of a node, and when it was short of memory"},
           {"device", "a device: its stages, and the operations of the kernel on its memory"},
           {"lock", "a lock: who holds it, who waits for it"},
           {"thread", "a thread of the kernel, or user space around hot-plug"},
           {"workload", "a task of a workload"},
           {"boot", "a thread that initialises the memmap of boot memory, in boot's own time"}}};
}

/// What a span tells.
enum class SpanKind : std::uint8_t {
  operation,
  stage,
  pause,
  work,
  wait,
  hold,
  running,
  stall,
  watermark,
};
constexpr std::array<Word, 9> words_of(SpanKind) {
  return {{{"operation", "an operation of the kernel, from device_hotplug_lock on"},
           {"stage", "a stage of a device"},
           {"pause", "somebody had not come yet"},
           {"work", "units of one primitive"},
           {"wait", "for a lock or a condition"},
           {"hold", "of a lock"},
           {"running", "a task that does not sleep"},
           {"stall", "a task that cannot go on for want of memory"},
           {"watermark", "a zone with fewer free pages than that"}}};
}

/// A row of a timeline: its spans follow or contain each other. What happens at once on one thing
/// is on several rows of the same name, told apart by `lane`.
struct Track {
  TrackKind kind = TrackKind::thread;
  std::string name;
  std::int32_t lane = 0;
  NodeId node{};             ///< where it belongs; invalid if nowhere
  std::int64_t device = -1;  ///< which it is of; -1 for none
};

/// A stretch of time on a track.
struct Span {
  std::uint32_t track = 0;
  std::uint16_t name = 0;  ///< in Timeline::names
  SpanKind kind = SpanKind::work;
  std::uint8_t depth = 0;  ///< so many spans of the track contain it
  kernel::Status result = kernel::Status::ok;
  SimTime begin;
  SimTime end;
  std::int64_t device = -1;
  std::int64_t block = -1;  ///< -1: none, or a whole device
  std::int64_t pages = 0;   ///< of an operation
  std::int64_t units = 0;   ///< of work, or times that it happened
  std::int64_t by = -1;     ///< track of who holds or waits; -1 where that is the track itself

  SimTime length() const { return end - begin; }
};

/// What became of the spans of a kind of track.
struct SpansKept {
  std::int64_t kept = 0;
  std::int64_t dropped = 0;  ///< shorter ones, for want of room
  SimTime dropped_time;      ///< sum of their lengths
};

constexpr std::size_t kTrackKinds = words_of(TrackKind{}).size();

/// What went on in a run, and when. Of each kind of track the longest spans are there. Those of a
/// track stand together, by their begin, what contains before what is contained.
struct Timeline {
  std::vector<Track> tracks;
  std::vector<std::string> names;  ///< one word each
  std::vector<Span> spans;
  std::array<SpansKept, kTrackKinds> kinds;
};

}  // namespace mhp::run
