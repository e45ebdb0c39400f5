// What a host does for a guest's memory: it backs a page when the guest first writes to it, and
// takes it back when the guest says that it needs it no more.
#include <algorithm>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Pfn MemoryHotplug::memmap_page(std::int64_t section, std::int64_t page) const {
  if (const auto pfn = backing_.pfn_of(section, page)) return *pfn;
  const BlockId in = block_of(Pfn{section * kSectionPages});
  const std::int64_t before = section - block_range(in).start.value / kSectionPages;
  const MemmapOrigin& memmap = block(in).plan.memmap;
  const Pfn first = memmap.in_added_memory() ? memmap.at : block_range(in).start;
  return first + PageCount{before * kSectionMemmapPages + page};
}

// Boot memory counts as backed: so the memmap that lies there is, too.
Task<void> MemoryHotplug::spend_first_touches(Host& host, PfnRange range) {
  if (!guest_) co_return;
  constexpr std::int64_t kMapped = kSectionPages / kSectionMemmapPages;  // by a page of memmap
  std::int64_t faults = 0;
  const std::int64_t end = round_up(range.end.value, kMapped) / kMapped;
  for (std::int64_t p = range.start.value / kMapped; p < end;) {
    const std::int64_t section = p / kSectionMemmapPages;
    const Pfn memmap = memmap_page(section, p % kSectionMemmapPages);
    const std::int64_t next = std::min(end, (section + 1) * kSectionMemmapPages);
    const std::int64_t together = backing_.base_pages(section) ? 1 : next - p;
    faults += back({memmap, memmap + PageCount{together}});
    p += together;
  }
  counters_.first_touches += faults;
  co_await spend_faults(host, faults);
}

Task<void> MemoryHotplug::spend_faults(Host& host, std::int64_t faults) {
  const bool huge = host_page_ == k2MiBPages;
  co_await spend(host, huge ? Primitive::nested_fault : Primitive::nested_fault_base, faults);
}

std::int64_t MemoryHotplug::back(PfnRange written) {
  if (!guest_ || block(block_of(written.start)).boot) return 0;
  const std::int64_t first = written.start.value / host_page_;
  const std::int64_t end = round_up(written.end.value, host_page_) / host_page_;
  const std::int64_t faults = end - first - touched_.covered(first, end);
  touched_.insert(first, end);
  return faults;
}

Task<void> MemoryHotplug::give_back(Host& host, PfnRange range) {
  ++counters_.unplug_requests;
  co_await spend(host, Primitive::unplug_request, 1);
  const std::int64_t first = range.start.value / host_page_;
  const std::int64_t end = range.end.value / host_page_;
  const std::int64_t backed = touched_.covered(first, end);
  touched_.erase(first, end);
  counters_.host_pages_discarded += backed;
  const bool huge = host_page_ == k2MiBPages;
  if (backed > 0)
    co_await spend(host, huge ? Primitive::nested_zap : Primitive::nested_zap_base, backed);
}

}  // namespace mhp::kernel
