#include "sim/run/recording/recording.hpp"
#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

void tracks(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  if (!r.recording) return;
  const Timeline& t = r.recording->timeline;
  file.group("tracks")
      .coordinate("track", count_up(t.tracks.size()), "1", "track, as spans name it")
      .coordinate("kind_name", all_words<TrackKind>(), "1",
                  "kind of track, of each of which so many spans are kept, the longest")
      .variable("kind", {"track"},
                flags(t.tracks, all_words<TrackKind>(), [](const Track& x) { return x.kind; }), "1",
                "what the track belongs to; times of boot are boot's own")
      .variable("name", {"track"}, texts(t.tracks, [](const Track& x) { return x.name; }), "1",
                "name of the device, lock, thread, ...")
      .variable("lane", {"track"}, column(t.tracks, [](const Track& x) { return x.lane; }), "1",
                "which of the tracks of that name: what happens at once is on several")
      .variable("node", {"track"}, column(t.tracks, [](const Track& x) { return x.node.value; }),
                "1", "node where it belongs; -1 for none")
      .variable("device", {"track"}, column(t.tracks, [](const Track& x) { return x.device; }), "1",
                "device, in the order of insertion; -1 for none")
      .variable("kept", {"kind_name"}, column(t.kinds, [](const SpansKept& k) { return k.kept; }),
                "1", "spans that are here")
      .variable("dropped", {"kind_name"},
                column(t.kinds, [](const SpansKept& k) { return k.dropped; }), "1",
                "shorter spans that are left out")
      .variable("dropped_time", {"kind_name"},
                column(t.kinds, [](const SpansKept& k) { return k.dropped_time.value; }), "ns",
                "sum of the lengths of those");
}

void spans(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  if (!r.recording) return;
  const Timeline& t = r.recording->timeline;
  const auto& all = t.spans;
  file.group("spans")
      .coordinate("span", count_up(all.size()), "1",
                  "span, by track and begin, what contains before what is contained")
      .variable("track", {"span"}, column(all, [](const Span& s) { return s.track; }), "1",
                "track that it is on")
      .variable("name", {"span"}, flags(all, t.names, [](const Span& s) { return s.name; }), "1",
                "operation, stage, primitive, lock, condition or watermark")
      .variable("kind", {"span"},
                flags(all, all_words<SpanKind>(), [](const Span& s) { return s.kind; }), "1",
                "what it tells")
      .variable("depth", {"span"}, column(all, [](const Span& s) { return s.depth; }), "1",
                "so many spans of the track contain it")
      .variable("begin", {"span"}, column(all, [](const Span& s) { return s.begin.value; }), "ns",
                "when it begins")
      .variable("end", {"span"}, column(all, [](const Span& s) { return s.end.value; }), "ns",
                "when it ends")
      .variable("device", {"span"}, column(all, [](const Span& s) { return s.device; }), "1",
                "device; -1 for none")
      .variable("block", {"span"}, column(all, [](const Span& s) { return s.block; }), "1",
                "memory block; -1 for none, or a whole device")
      .variable("pages", {"span"}, column(all, [](const Span& s) { return s.pages; }), "page",
                "of an operation; 0 for all else")
      .variable("units", {"span"}, column(all, [](const Span& s) { return s.units; }), "1",
                "units of work, or times that it happened; 0 where nothing is counted")
      .variable("by", {"span"}, column(all, [](const Span& s) { return s.by; }), "1",
                "track of who holds the lock or waits for it; -1 for none")
      .variable("result", {"span"},
                flags(all, all_words<kernel::Status>(), [](const Span& s) { return s.result; }),
                "1", "what the kernel returned, of an operation");
}

}  // namespace mhp::run::content
