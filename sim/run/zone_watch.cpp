#include "sim/run/zone_watch.hpp"

#include <algorithm>
#include <limits>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::run {

ZoneWatch::ZoneWatch(const engine::Engine& engine, const kernel::Mm& mm)
    : mm_(mm), least_(std::numeric_limits<std::int64_t>::max()), last_(engine.now()) {
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    for (const auto& zone : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones)
      if (zone.populated() && kernel::is_kernel_zone(zone.type)) zones_.push_back(&zone);
  look();
}

// What the last event left has lasted until now.
void ZoneWatch::on_event(const engine::EventView& event) {
  const SimTime dt = event.time - last_;
  last_ = event.time;
  if (dt.value == 0 || lowest_ == kernel::Mark::none) return;
  for (const kernel::Mark mark : kMarks)
    if (mark >= lowest_) below_[static_cast<std::size_t>(mark)] += dt;
}

void ZoneWatch::on_event_done(const engine::EventView&) {
  look();
  if constexpr (kMhpChecked) {
    mm_.check_conservation();
    mm_.reclaim().memcgs().validate();
  }
}

// What is free follows from what is not (Zone::conserves_pages): no CPU's lists are asked. A zone
// that has its high watermark has the others.
void ZoneWatch::look() {
  PageCount free;
  lowest_ = kernel::Mark::none;
  for (const kernel::Zone* z : zones_) {
    free += z->managed_pages - z->pending.pages() - z->in_use_pages - z->isolated_pages;
    const PageCount listed = z->buddy.free_pages();
    if (listed >= z->watermark.high) continue;
    const kernel::Mark mark = *std::find_if(
        kMarks.begin(), kMarks.end(), [&](kernel::Mark m) { return listed < z->watermark.of(m); });
    lowest_ = lowest_ == kernel::Mark::none ? mark : std::min(lowest_, mark);
  }
  least_ = std::min(least_, free);
}

}  // namespace mhp::run
