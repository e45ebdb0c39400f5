#include "sim/run/timeline/watermark_spans.hpp"

#include <fmt/format.h>

namespace mhp::run {

WatermarkSpans::WatermarkSpans(TimelineRecorder& recorder, const kernel::Mm& mm)
    : recorder_(recorder),
      names_{recorder.name("below_high"), recorder.name("below_low"), recorder.name("below_min")} {
  for (std::size_t n = 0; n < mm.nodes(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    for (const kernel::Zone& zone : mm.node(node).zones)
      zones_.push_back(
          {&zone, recorder.track({.kind = TrackKind::node,
                                  .name = fmt::format("node {} {}", n, zone_name(zone.type)),
                                  .node = node})});
  }
}

void WatermarkSpans::zones_changed(std::span<const std::size_t> zones, SimTime now) {
  for (const std::size_t zone : zones) {
    Watched& w = zones_[zone];
    std::size_t below = 0;
    if (w.zone->managed_pages.value > 0)
      while (below < kMarks.size() &&
             w.zone->buddy.free_pages() < w.zone->watermark.of(kMarks[below]))
        ++below;
    if (below != w.below) change(w, below, now);
  }
}

void WatermarkSpans::change(Watched& w, std::size_t below, SimTime now) {
  for (; w.below < below; ++w.below) w.since[w.below] = now;
  for (; w.below > below; --w.below) {
    const std::size_t mark = w.below - 1;
    if (w.since[mark] < now)
      recorder_.add({.track = w.track,
                     .name = names_[mark],
                     .kind = SpanKind::watermark,
                     .depth = static_cast<std::uint8_t>(mark),
                     .begin = w.since[mark],
                     .end = now});
  }
}

void WatermarkSpans::conclude(SimTime now) {
  for (Watched& w : zones_) change(w, 0, now);
}

}  // namespace mhp::run
