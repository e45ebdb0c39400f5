// Pages that a driver keeps when its memory goes online, and hands over later: hv_bring_pgs_online
// (drivers/hv/hv_balloon.c), increase_reservation (drivers/xen/balloon.c), Linux 6.12.
#include <algorithm>
#include <vector>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {
/// Pages that are asked for at a time: frame numbers that fill a page (frame_list).
constexpr std::int64_t kPagesAtOnce = 512;
}  // namespace

// Each page is freed by itself (free_reserved_page, generic_online_page).
Task<PageCount> MemoryHotplug::hand_over(Host& host, PfnRange range, HandOver order,
                                         PageCount most) {
  PageCount handed;
  while (handed < most) {
    const auto at = order == HandOver::ascending ? kept_.first_after(range.start.value)
                                                 : kept_.last_before(range.end.value);
    if (!at || at->end <= range.start.value || at->start >= range.end.value) break;
    std::int64_t first = std::max(at->start, range.start.value);
    std::int64_t end = std::min(at->end, range.end.value);
    const std::int64_t batch = std::min(kPagesAtOnce, (most - handed).value);
    if (order == HandOver::ascending)
      end = std::min(end, first + batch);
    else
      first = std::max(first, end - batch);
    forget_unplugged({Pfn{first}, Pfn{end}});
    handed += PageCount{end - first};
    Receipt receipt = mm_.receipt();
    for (std::int64_t n = 0; n < end - first; ++n) {
      const Pfn pfn{order == HandOver::ascending ? first + n : end - 1 - n};
      const MemoryBlock& known = block(block_of(pfn));
      if (known.state != MemoryBlock::State::online) continue;
      Zone& zone = mm_.zone(known.node, known.zone);
      zone.adjust_managed_page_count(PageCount{1});
      zone.in_use_pages += PageCount{1};
      mm_.free_pages(pfn, 0, receipt);
      ++counters_.pages_onlined;
    }
    co_await receipt.spend(host);
  }
  co_return handed;
}

}  // namespace mhp::kernel
