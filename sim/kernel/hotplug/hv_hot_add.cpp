#include "sim/kernel/hotplug/hv_hot_add.hpp"

#include <algorithm>

namespace mhp::kernel {

HvHotAdd::Region* HvHotAdd::region_of(Pfn pfn) {
  const auto at = std::find_if(regions_.begin(), regions_.end(),
                               [pfn](const Region& r) { return r.range.contains(pfn); });
  return at == regions_.end() ? nullptr : &*at;
}

// A request that begins in a region extends it by whole chunks; any other makes one of its own,
// from the chunk in which it begins and as long as its pages need.
HvHotAdd::Request HvHotAdd::request(PfnRange pages) {
  if (gives_up_ || pages.empty()) return {};
  const auto up = [this](PageCount n) { return PageCount{round_up(n.value, chunk_.value)}; };
  Region* region = region_of(pages.start);
  if (region == nullptr) {
    const Pfn start{round_down(pages.start.value, chunk_.value)};
    regions_.push_back({{start, start + up(pages.pages())}, start});
    region = &regions_.back();
  } else if (pages.end > region->range.end) {
    region->range.end += up(pages.end - region->range.end);
  }
  Request request;
  PageCount left = pages.pages();
  if (pages.start < region->added_to) {
    request.there = {pages.start, std::min(pages.end, region->added_to)};
    left -= request.there.pages();
  }
  // Whole chunks for what is left, from where the region ends now.
  const PageCount room = region->range.end - region->added_to;
  const PageCount size = std::min(up(left), room);
  const PfnRange backed{std::max(pages.start, region->added_to), pages.end};
  for (Pfn p = region->added_to; p < region->added_to + size; p += chunk_) {
    Call call{{p, p + chunk_}, {}};
    const Pfn first = std::clamp(backed.start, call.range.start, call.range.end);
    const Pfn end = std::clamp(backed.end, first, call.range.end);
    for (const PfnRange& part : {PfnRange{p, first}, PfnRange{end, p + chunk_}})
      if (!part.empty()) call.unbacked.push_back(part);
    request.calls.push_back(std::move(call));
  }
  return request;
}

void HvHotAdd::added(const Call& call) { region_of(call.range.start)->added_to = call.range.end; }

}  // namespace mhp::kernel
