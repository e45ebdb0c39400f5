// What a host does for a guest's memory: it backs a page when the guest first writes to it, and
// takes it back when the guest says that it needs it no more.
#include <algorithm>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

std::optional<Pfn> MemoryHotplug::memmap_page(std::int64_t page) const {
  if (const auto pfn = backing_.pfn_of(page)) return pfn;
  const BlockId in = block_of(struct_pages_.first_in(page));
  const MemmapOrigin& memmap = block(in).plan.memmap;
  if (!memmap.in_added_memory()) return std::nullopt;
  return memmap.at + PageCount{page - struct_pages_.page_of(block_range(in).start)};
}

// Boot memory counts as backed: so the memmap that lies there is, too.
Task<void> MemoryHotplug::spend_first_touches(Host& host, PfnRange range) {
  if (!guest_) co_return;
  std::int64_t faults = 0;
  const std::int64_t section = struct_pages_.section_pages();
  const std::int64_t end = struct_pages_.pages_end(range.end);
  for (std::int64_t p = struct_pages_.page_of(range.start); p < end;) {
    const std::int64_t leaf = p / struct_pages_.leaf_pages();
    const std::int64_t together =
        std::min({end, (leaf + 1) * struct_pages_.leaf_pages(), (p / section + 1) * section}) - p;
    const std::int64_t pages = backing_.base_pages(leaf) ? 1 : together;
    if (const auto memmap = memmap_page(p)) faults += back({*memmap, *memmap + PageCount{pages}});
    p += pages;
  }
  counters_.first_touches += faults;
  co_await spend_faults(host, faults);
}

Task<void> MemoryHotplug::spend_faults(Host& host, std::int64_t faults) {
  const bool huge = host_page_ > 1;
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

Task<void> MemoryHotplug::give_back(Host& host, PfnRange range, bool touched) {
  if (touched) back(range);
  ++counters_.unplug_requests;
  co_await spend(host, Primitive::unplug_request, 1);
  const std::int64_t first = range.start.value / host_page_;
  const std::int64_t end = range.end.value / host_page_;
  const std::int64_t backed = touched_.covered(first, end);
  touched_.erase(first, end);
  counters_.host_pages_discarded += backed;
  const bool huge = host_page_ > 1;
  if (backed > 0)
    co_await spend(host, huge ? Primitive::nested_zap : Primitive::nested_zap_base, backed);
}

}  // namespace mhp::kernel
