#include "sim/run/zone_feed.hpp"

#include <utility>

#include "sim/core/invariant.hpp"

namespace mhp::run {

ZoneFeed::ZoneFeed(kernel::Mm& mm, std::vector<ZoneListener*> listeners)
    : mm_(mm), listeners_(std::move(listeners)) {
  changed_.reserve(mm.zones());
  if constexpr (kMhpChecked) seen_.resize(mm.zones());
}

void ZoneFeed::look(SimTime now) {
  changed_.clear();
  mm_.zone_changes().take([this](std::size_t zone) { changed_.push_back(zone); });
  if constexpr (kMhpChecked) verify();
  if (changed_.empty()) return;
  for (ZoneListener* listener : listeners_) listener->zones_changed(changed_, now);
}

ZoneFeed::Seen ZoneFeed::see(std::size_t zone) const {
  const kernel::Zone& z = mm_.zone(zone);
  return {z.free_pages(), z.buddy.free_pages(), z.managed_pages, z.watermark};
}

void ZoneFeed::verify() {
  for (const std::size_t zone : changed_) seen_[zone] = see(zone);
  for (std::size_t zone = 0; zone < seen_.size(); ++zone)
    MHP_INVARIANT(seen_[zone] == see(zone), "zone {} has changed and did not say so", zone);
}

}  // namespace mhp::run
