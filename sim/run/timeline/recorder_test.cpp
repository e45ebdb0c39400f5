#include "sim/run/timeline/recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace mhp::run {
namespace {

Span span(std::int64_t begin, std::int64_t end, int depth = 0) {
  return {.depth = static_cast<std::uint8_t>(depth), .begin = SimTime{begin}, .end = SimTime{end}};
}

std::vector<std::pair<std::int64_t, std::int64_t>> ends_of(const Timeline& t) {
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  for (const Span& s : t.spans) out.emplace_back(s.begin.value, s.end.value);
  return out;
}

using Ends = std::vector<std::pair<std::int64_t, std::int64_t>>;

// Lengths 1 to 10, in an order that is neither: of 4 places the last are 7, 8, 9, 10; 1 + ... + 6
// = 21 ns are not there.
TEST(recorder, the_longest_stay_and_the_rest_is_counted) {
  TimelineRecorder recorder(4);
  recorder.name("n");
  const auto track = recorder.track({.kind = TrackKind::lock, .name = "l"});
  std::int64_t at = 0;
  for (const int length : {5, 9, 1, 10, 3, 8, 2, 7, 6, 4}) {
    Span s = span(at, at + length);
    s.track = track;
    recorder.add(s);
    at += 100;
  }
  const Timeline t = recorder.take();
  EXPECT_EQ(ends_of(t), (Ends{{100, 109}, {300, 310}, {500, 508}, {700, 707}}));
  const SpansKept& kept = t.kinds[static_cast<std::size_t>(TrackKind::lock)];
  EXPECT_EQ(kept.kept, 4);
  EXPECT_EQ(kept.dropped, 6);
  EXPECT_EQ(kept.dropped_time, SimTime{21});
  EXPECT_EQ(t.kinds[static_cast<std::size_t>(TrackKind::node)].dropped, 0);
}

TEST(recorder, kinds_of_tracks_have_room_of_their_own) {
  TimelineRecorder recorder(2);
  recorder.name("n");
  const auto lock = recorder.track({.kind = TrackKind::lock, .name = "l"});
  const auto device = recorder.track({.kind = TrackKind::device, .name = "d"});
  for (int i = 0; i < 50; ++i) {
    Span s = span(100 * i, 100 * i + 99);
    s.track = lock;
    recorder.add(s);
  }
  Span one = span(0, 1);
  one.track = device;
  recorder.add(one);
  const Timeline t = recorder.take();
  EXPECT_EQ(t.spans.size(), 3u);
  EXPECT_EQ(t.kinds[static_cast<std::size_t>(TrackKind::device)].dropped, 0);
}

// Of what is equally long the container stays: it comes after what it contains, and is told of
// last.
TEST(recorder, what_contains_a_span_that_stays_stays) {
  for (std::size_t most = 1; most <= 5; ++most) {
    TimelineRecorder recorder(most);
    recorder.name("n");
    recorder.track({.kind = TrackKind::thread, .name = "t"});
    for (const Span& s :
         {span(0, 10, 2), span(0, 10, 1), span(20, 30, 2), span(20, 30, 1), span(0, 30, 0)})
      recorder.add(s);
    const Timeline t = recorder.take();
    ASSERT_EQ(t.spans.size(), most);
    std::map<int, std::vector<Span>> by_depth;
    for (const Span& s : t.spans) by_depth[s.depth].push_back(s);
    for (const Span& s : t.spans) {
      if (s.depth == 0) continue;
      const auto& above = by_depth[s.depth - 1];
      EXPECT_TRUE(std::any_of(above.begin(), above.end(),
                              [&](const Span& a) { return a.begin <= s.begin && s.end <= a.end; }))
          << most << " places, depth " << int{s.depth};
    }
  }
}

TEST(recorder, tracks_and_names_without_a_span_are_left_out) {
  TimelineRecorder recorder;
  recorder.track({.kind = TrackKind::node, .name = "empty"});
  const auto used = recorder.track({.kind = TrackKind::device, .name = "used"});
  const auto holder = recorder.track({.kind = TrackKind::thread, .name = "holder"});
  recorder.name("never");
  Span s = span(0, 5);
  s.track = used;
  s.by = holder;
  s.name = recorder.name("two words");
  recorder.add(s);
  const Timeline t = recorder.take();
  ASSERT_EQ(t.tracks.size(), 2u);
  EXPECT_EQ(t.tracks[0].name, "used");
  EXPECT_EQ(t.tracks[static_cast<std::size_t>(t.spans[0].by)].name, "holder");
  EXPECT_EQ(t.names, std::vector<std::string>{"two_words"});
}

TEST(recorder, names_are_told_apart_up_to_256) {
  TimelineRecorder recorder;
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ(recorder.name("n " + std::to_string(i)), std::min(i, 255));
  EXPECT_EQ(recorder.name("n 7"), 7);
}

// 0-5 and 5-9 of one name are one span of two units; a moment is none; another name another.
TEST(neighbours, what_tells_the_same_becomes_one) {
  TimelineRecorder recorder;
  recorder.track({.name = "t"});
  const auto a = recorder.name("a");
  const auto b = recorder.name("b");
  Neighbours n(recorder);
  const auto add = [&](std::uint16_t name, std::int64_t begin, std::int64_t end) {
    n.add({.name = name, .begin = SimTime{begin}, .end = SimTime{end}, .units = 1});
  };
  add(a, 0, 5);
  add(b, 5, 5);
  add(a, 5, 9);
  add(b, 9, 12);
  add(b, 13, 14);
  n.flush();
  const Timeline t = recorder.take();
  EXPECT_EQ(ends_of(t), (Ends{{0, 9}, {9, 12}, {13, 14}}));
  EXPECT_EQ(t.spans[0].units, 2);
}

// Two at once need two rows; what comes after both has the first again.
TEST(lanes, spans_that_overlap_are_on_rows_of_their_own) {
  TimelineRecorder recorder;
  Lanes lanes(recorder, {.kind = TrackKind::device, .name = "d"});
  const auto pause = recorder.name("pause");
  const auto op = recorder.name("op");
  const auto add = [&](std::int64_t begin, std::int64_t end) {
    lanes.add({.name = pause, .begin = SimTime{begin}, .end = SimTime{end}});
  };
  add(0, 10);
  const std::size_t row = lanes.open(SimTime{10});
  add(5, 15);   // beside both
  add(12, 18);  // beside the operation and the one before
  lanes.close(row, {.name = op, .begin = SimTime{10}, .end = SimTime{20}});
  add(20, 25);
  lanes.flush();
  const Timeline t = recorder.take();
  ASSERT_EQ(t.tracks.size(), 3u);
  EXPECT_EQ(t.tracks[2].lane, 2);
  for (std::size_t i = 1; i < t.spans.size(); ++i)
    if (t.spans[i].track == t.spans[i - 1].track) {
      EXPECT_LE(t.spans[i - 1].end, t.spans[i].begin);
    }
  EXPECT_EQ(
      std::count_if(t.spans.begin(), t.spans.end(), [](const Span& s) { return s.track == 0; }), 3);
}

}  // namespace
}  // namespace mhp::run
