#include "sim/kernel/mm/zone.hpp"

#include <algorithm>

namespace mhp::kernel {

PerCpuPages& Zone::pcp(CpuId cpu) {
  // Most often all CPUs up to this one have used the zone.
  const std::size_t by_number = cpu.index();
  if (by_number < pcps.size() && pcps[by_number].cpu() == cpu) return pcps[by_number];
  const auto at =
      std::lower_bound(pcps.begin(), pcps.end(), cpu,
                       [](const PerCpuPages& lists, CpuId wanted) { return lists.cpu() < wanted; });
  if (at != pcps.end() && at->cpu() == cpu) return *at;
  return *pcps.emplace(at, cpu);
}

void Zone::drain_pcps(Receipt& receipt) {
  for (PerCpuPages& lists : pcps) lists.drain(pcp_zone(receipt));
}

PageCount Zone::pcp_pages() const {
  PageCount n;
  for (const PerCpuPages& lists : pcps) n += lists.count();
  return n;
}

PageCount Zone::pcp_pages_in(PfnRange range) const {
  PageCount n;
  for (const PerCpuPages& lists : pcps) n += lists.pages_in(range, buddy.geometry());
  return n;
}

bool boost_watermark(Zone& zone, std::int64_t factor, std::int64_t claims) {
  const std::int64_t pageblock = zone.buddy.geometry().pageblock_pages();
  if (factor == 0 || zone.managed_pages < PageCount{4 * pageblock}) return false;
  const std::int64_t most = zone.watermark.high.value * factor / 10'000;
  if (most == 0) return false;
  zone.watermark_boost = std::min(zone.watermark_boost + PageCount{claims * pageblock},
                                  PageCount{std::max(most, pageblock)});
  return true;
}

void grow_span(Zone& zone, PfnRange range) {
  const Pfn old_end = zone.zone_end_pfn();
  const bool empty = zone.spans_nothing();
  if (empty || range.start < zone.zone_start_pfn) zone.zone_start_pfn = range.start;
  zone.spanned_pages = (empty ? range.end : std::max(range.end, old_end)) - zone.zone_start_pfn;
}

void shrink_span(Zone& zone) {
  const auto first = zone.online.first_after(zone.zone_start_pfn.value);
  if (!first || first->start >= zone.zone_end_pfn().value) {
    zone.zone_start_pfn = Pfn{0};
    zone.spanned_pages = PageCount{0};
    return;
  }
  // find_biggest_section_pfn looks at the last page of each subsection. That of boot memory, which
  // alone may end within one, is there as well (init_unavailable_range).
  const std::int64_t subsection = zone.buddy.geometry().subsection_pages();
  const auto last = zone.online.last_before(zone.zone_end_pfn().value);
  const Pfn start{std::max(first->start, zone.zone_start_pfn.value)};
  const Pfn end{std::min(round_up(last->end, subsection), zone.zone_end_pfn().value)};
  zone.spanned_pages = end - start;
  zone.zone_start_pfn = start;
}

std::int64_t set_zone_contiguous(Zone& zone) {
  if (zone.spans_nothing()) {
    zone.contiguous = false;
    return 0;
  }
  const std::int64_t start = zone.zone_start_pfn.value;
  const std::int64_t end = zone.zone_end_pfn().value;
  const auto first = zone.online.find(start);
  const std::int64_t good = first ? std::min(first->end, end) : start;
  zone.contiguous = good == end;
  const Geometry& g = zone.buddy.geometry();
  const std::int64_t first_block = g.pageblock_of(Pfn{start});
  if (zone.contiguous) return g.pageblocks_end(Pfn{end}) - first_block;
  return g.pageblock_of(Pfn{good}) - first_block + 1;
}

}  // namespace mhp::kernel
