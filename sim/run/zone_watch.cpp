#include "sim/run/zone_watch.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::run {

namespace {
std::vector<ZoneListener*> with(ZoneListener& first, std::vector<ZoneListener*> others) {
  others.insert(others.begin(), &first);
  return others;
}
}  // namespace

ZoneWatch::ZoneWatch(const engine::Engine& engine, kernel::Mm& mm,
                     std::vector<ZoneListener*> others)
    : mm_(mm),
      zones_(mm.zones()),
      least_(std::numeric_limits<std::int64_t>::max()),
      last_(engine.now()),
      feed_(mm, with(*this, std::move(others))) {
  for (std::size_t z = 0; z < zones_.size(); ++z)
    zones_[z].counts = mm.zone(z).populated() && kernel::is_kernel_zone(mm.zone(z).type);
  feed_.look(engine.now());
}

// What the last event left has lasted until now.
void ZoneWatch::on_event(const engine::EventView& event) {
  const SimTime dt = event.time - last_;
  last_ = event.time;
  if (dt.value == 0 || lowest_ == kernel::Mark::none) return;
  for (const kernel::Mark mark : kMarks)
    if (mark >= lowest_) below_[static_cast<std::size_t>(mark)] += dt;
}

void ZoneWatch::on_event_done(const engine::EventView& event) {
  feed_.look(event.time);
  if constexpr (kMhpChecked) {
    mm_.check_conservation();
    mm_.reclaim().memcgs().validate();
  }
}

// A zone that has its high watermark has the others.
kernel::Mark ZoneWatch::lowest_above(const kernel::Zone& zone) {
  const PageCount listed = zone.buddy.free_pages();
  if (listed >= zone.watermark.high) return kernel::Mark::none;
  return *std::find_if(kMarks.begin(), kMarks.end(),
                       [&](kernel::Mark m) { return listed < zone.watermark.of(m); });
}

// What is free follows from what is not (Zone::conserves_pages): no CPU's lists are asked.
void ZoneWatch::zones_changed(std::span<const std::size_t> zones, SimTime) {
  bool other_mark = false;
  for (const std::size_t z : zones) {
    Watched& w = zones_[z];
    if (!w.counts) continue;
    const kernel::Zone& zone = mm_.zone(z);
    const PageCount free = zone.free_by_use();
    free_ += free - w.free;
    w.free = free;
    const kernel::Mark below = lowest_above(zone);
    if (below == w.below) continue;
    w.below = below;
    other_mark = true;
  }
  least_ = std::min(least_, free_);
  if (!other_mark) return;
  lowest_ = kernel::Mark::none;
  for (const Watched& w : zones_)
    if (w.below != kernel::Mark::none)
      lowest_ = lowest_ == kernel::Mark::none ? w.below : std::min(lowest_, w.below);
}

}  // namespace mhp::run
