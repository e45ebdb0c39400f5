#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/run/timeline/timeline.hpp"

namespace mhp::run {

/// Keeps the longest of the spans that it is given. Of equally long ones those stay that contain
/// others, then those that came first: so whatever contains a span that stays, stays.
class LongestSpans {
 public:
  explicit LongestSpans(std::size_t most) : most_(most) {}

  void add(const Span& span);
  SpansKept kept() const;
  /// Hands the spans over, in no order.
  std::vector<Span> take();

 private:
  struct Entry {
    Span span;
    std::int64_t order;
    bool operator>(const Entry& o) const;
  };
  std::size_t most_;
  std::vector<Entry> heap_;  ///< the first to go on top
  std::int64_t given_ = 0;
  SpansKept kept_;
};

/// Collects the tracks and spans of a run.
class TimelineRecorder {
 public:
  /// Spans kept of each kind of track.
  static constexpr std::size_t kMost = 20'000;

  explicit TimelineRecorder(std::size_t most = kMost);

  /// A new track. One without a span that stays is not in the timeline.
  std::uint32_t track(Track track);
  /// The number of a name, which is one word; blanks in it become underscores.
  std::uint16_t name(std::string_view word);
  void add(const Span& span);

  /// The timeline; the recorder is empty afterwards.
  Timeline take();

 private:
  std::vector<Track> tracks_;
  std::map<std::string, std::uint16_t, std::less<>> numbers_;
  std::vector<std::string> names_;
  std::vector<LongestSpans> spans_;  ///< by kind of track
};

/// What follows each other on one track: neighbours that tell the same become one span, and what
/// takes no time is none.
class Neighbours {
 public:
  explicit Neighbours(TimelineRecorder& recorder) : recorder_(&recorder) {}

  /// Spans come in their order.
  void add(const Span& span);
  /// The next one is no neighbour.
  void flush();

 private:
  TimelineRecorder* recorder_;
  Span last_;
  bool any_ = false;
};

/// The rows of something on which several things may happen at once: as many as that needs.
class Lanes {
 public:
  Lanes(TimelineRecorder& recorder, Track first) : recorder_(recorder), first_(std::move(first)) {}

  /// A span without others inside that has just ended: spans come in the order of their ends.
  void add(Span span);
  /// Begins one that has others inside; returns its row, which close() takes.
  std::size_t open(SimTime now);
  std::uint32_t track(std::size_t row) const { return rows_[row].track; }
  /// The span has ended.
  void close(std::size_t row, Span span);
  /// The first row, which comes to be.
  std::uint32_t main_track();
  void flush();

 private:
  struct Row {
    std::uint32_t track;
    SimTime free_from;
    bool open;
    Neighbours spans;
  };
  std::size_t free_row(SimTime from);

  TimelineRecorder& recorder_;
  Track first_;
  std::vector<Row> rows_;
};

}  // namespace mhp::run
