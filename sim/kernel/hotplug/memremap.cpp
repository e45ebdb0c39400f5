// Device memory in ZONE_DEVICE: memremap_pages and memunmap_pages (mm/memremap.c),
// sparse_add_section of part of a section (mm/sparse.c), vmemmap_populate of x86-64
// (arch/x86/mm/init_64.c), vmemmap_populate_compound_pages (mm/sparse-vmemmap.c) and
// memmap_init_zone_device (mm/mm_init.c) of Linux 6.12.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/core/invariant.hpp"
#include "sim/kernel/hotplug/claim.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// VMEMMAP_RESERVE_NR: pages that the memmap of a compound page keeps of its own.
constexpr std::int64_t kVmemmapReserve = 2;

/// Calls f with the part of a range that lies in each section.
template <class F>
void for_each_section(PfnRange range, const Geometry& g, F&& f) {
  for (Pfn p = range.start; p < range.end;) {
    const Pfn next = std::min(range.end, g.section_start(g.section_of(p) + 1));
    f(PfnRange{p, next});
    p = next;
  }
}

/// vmemmap_can_optimize: the memmap of a compound page keeps more than its two pages.
bool shares_tails(const DevPagemap& pagemap, const KernelProfile& profile,
                  const Vmemmap& struct_pages) {
  return compound_devmap_is(CompoundDevmap::shared_tails, profile) && !pagemap.altmap &&
         struct_pages.pages_of(pagemap.compound).value > kVmemmapReserve;
}

/// section_nr_vmemmap_pages.
std::int64_t counted(const DevPagemap& pagemap, PfnRange part, bool shared, const Vmemmap& memmap) {
  if (!shared) return memmap.pages_of(part.pages()).value;
  if (pagemap.compound.value < memmap.geometry().section_pages())
    return kVmemmapReserve * part.pages().value / pagemap.compound.value;
  return part.start.value % pagemap.compound.value == 0 ? kVmemmapReserve : 0;
}

}  // namespace

OpResult MemoryHotplug::may_remap(PfnRange range) const {
  if (struct_pages_.section_pages() != struct_pages_.leaf_pages())
    return {Status::einval,
            "the memmap of a section is no whole leaf: such device memory is not simulated"};
  const std::int64_t unit = geometry_.subsection_pages();
  if (range.empty() || range.start.value % unit != 0 || range.end.value % unit != 0)
    return {Status::einval, "the range is not a whole number of subsections (check_pfn_span)"};
  // mhp_range_allowed: EINVAL here, whichever border it is.
  if (OpResult far = check_addresses(range); far.status != Status::ok)
    return {Status::einval, std::move(far.reason)};
  for (const auto& [start, map] : device_memmap_.maps())
    if (map.pagemap.range.start < range.end && range.start < map.pagemap.range.end)
      return {Status::enomem, "another mapping has part of the range"};
  if (mapping_.covered(range.start.value, range.end.value) > 0)
    return {Status::enomem, "another mapping gets part of the range"};
  bool early = false;
  bool added = adding_.covered(range.start.value, range.end.value) > 0;
  for_each_section(range, geometry_, [&](PfnRange part) {
    const std::int64_t section = geometry_.section_of(part.start);
    const bool whole = part.pages().value == geometry_.section_pages();
    early = early || (whole && early_sections_.contains(section));
    added = added || (!early_sections_.contains(section) && backing_.has(section));
  });
  for (const PfnRange& ram : boot_memory_)
    early = early || (ram.start < range.end && range.start < ram.end);
  if (early || added) return {Status::enodev, "attempted on System RAM (ENXIO)"};
  return {};
}

Task<OpResult> MemoryHotplug::memremap_pages(Host& host, const DevPagemap& pagemap) {
  const PfnRange range = pagemap.range;
  if (OpResult refused = may_remap(range); refused.status != Status::ok) co_return refused;
  const Claim resource(mapping_, range);
  const bool shared = shares_tails(pagemap, profile_, struct_pages_);
  co_await acquire(host, Lock::mem_hotplug_lock);
  Receipt receipt = mm_.receipt();
  const HotplugCounters before = counters_;
  DeviceMemmap::Map map{.pagemap = pagemap, .lies_on = pagemap.target_node};
  OpResult result;
  const AddRequest rq{.node = pagemap.node, .range = range, .cpu_node = pagemap.cpu_node};
  const bool mapped =
      co_await with_tables(host, table_request(rq), receipt, [&](const PageTables::TakePage& take) {
        const auto done = tables_.map_direct(range, take);
        counters_.direct_map_tables += done.tables;
        if (done.ok) counters_.direct_map_leaves += done.leaves;
        return done.ok;
      });
  if (!mapped) result = {Status::oom, "no page for a direct-map table: the kernel would panic"};
  std::int64_t sections = 0;
  for (Pfn p = range.start; p < range.end && result.status == Status::ok;) {
    const std::int64_t section = geometry_.section_of(p);
    const PfnRange part{p, std::min(range.end, geometry_.section_start(section + 1))};
    map.reached = part.end;
    const bool populated = co_await populate_device_section(host, pagemap, part, map, receipt);
    if (!populated)
      result = {Status::enomem, fmt::format("no memory for the memmap of section {}", section)};
    else
      ++sections;
    p = part.end;
  }
  co_await receipt.spend(host);
  co_await spend(host, Primitive::page_table_page,
                 geometry_.contents(counters_.page_table_pages() - before.page_table_pages()));
  co_await spend(host, Primitive::page_table_leaf,
                 counters_.direct_map_leaves - before.direct_map_leaves + counters_.vmemmap_leaves -
                     before.vmemmap_leaves);
  co_await spend(host, Primitive::section_metadata, sections);
  counters_.pgd_syncs += sections * config_.processes;
  co_await spend(host, Primitive::pgd_sync, sections * config_.processes);
  if (config_.init_on_alloc && map.pages.value > 0) {
    counters_.memmap_pages_cleared += map.pages.value;
    co_await spend(host, Primitive::kernel_init_page, geometry_.contents(map.pages), map.lies_on);
  }
  if (result.status != Status::ok) {
    // As an addition of memory that fails: what it has got stays taken.
    map.failed = true;
    const bool undone = undoes_failed_add(profile_);
    if (undone)
      co_await unmap_device(host, pagemap, std::move(map));
    else
      device_memmap_.maps().emplace(range.start.value, std::move(map));
    if (undone) counters_.take_back_addition(before);
    co_await release(host, Lock::mem_hotplug_lock);
    co_return result;
  }
  Zone& zone = mm_.zone(pagemap.node, ZoneType::device);
  grow_span(zone, range);
  // Of an altmap what may hold memmap, whether or not it does; the rest below, without the lock.
  co_await spend(host, Primitive::struct_page_init, pagemap.free.value, map.lies_on);
  counters_.struct_pages_initialised += pagemap.free.value;
  co_await walk_contiguous(host, zone, range, counters_.contiguity_checks);
  const NodeId lies_on = map.lies_on;
  device_memmap_.maps().emplace(range.start.value, std::move(map));
  co_await release(host, Lock::mem_hotplug_lock);

  const PageCount first = pagemap.altmap ? pagemap.reserve + pagemap.free : PageCount{0};
  const std::int64_t pages = (range.pages() - first).value;
  const std::int64_t heads = (pages + pagemap.compound.value - 1) / pagemap.compound.value;
  // compound_nr_pages: those that the shared page of the memmap holds are written once.
  const std::int64_t each =
      shared ? kVmemmapReserve * struct_pages_.struct_pages_a_page() : pagemap.compound.value;
  const std::int64_t written = pagemap.compound.value == 1 ? pages : heads * each;
  counters_.struct_pages_initialised += written;
  co_await spend(host, Primitive::struct_page_init, written, lies_on);
  if (pagemap.compound.value > 1)
    co_await spend(host, Primitive::compound_tail, written - heads, lies_on);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

// section_activate. A part of a section with boot memory has its memmap since then.
Task<bool> MemoryHotplug::populate_device_section(Host& host, const DevPagemap& pagemap,
                                                  PfnRange part, DeviceMemmap::Map& map,
                                                  Receipt& receipt) {
  const std::int64_t section = geometry_.section_of(part.start);
  const AddRequest rq{.node = pagemap.node, .range = part, .cpu_node = pagemap.cpu_node};
  if (!co_await take_root(host, section, rq, receipt)) co_return false;
  if (early_sections_.contains(section)) {
    device_memmap_.use(section);
    co_return true;
  }
  if (device_memmap_.users(section) == 0) {
    if (!co_await take_slab(host, slab_sections_, pagemap.cpu_node, receipt)) co_return false;
    ++counters_.sections;
  }
  device_memmap_.use(section);
  const bool shared = shares_tails(pagemap, profile_, struct_pages_);
  const bool whole = part.pages().value == geometry_.section_pages();
  bool populated = false;
  if (!co_await map_vmemmap(host, pagemap.node, section, receipt)) {
    populated = false;
  } else if (whole && !shared && pagemap.altmap) {
    // altmap_alloc_block_buf: as many pages, aligned to themselves.
    const std::int64_t leaf = struct_pages_.leaf_pages();
    const std::int64_t next =
        (pagemap.range.start + pagemap.reserve + map.altmap_used + map.altmap_skipped).value;
    const std::int64_t skipped = round_up(next, leaf) - next;
    populated = (map.altmap_used + map.altmap_skipped).value + skipped + leaf <= pagemap.free.value;
    if (populated) {
      map.altmap_used += PageCount{leaf};
      map.altmap_skipped += PageCount{skipped};
      counters_.memmap_pages_range += leaf;
      ++counters_.vmemmap_leaves;
    }
  } else {
    populated = co_await populate_device_pages(host, pagemap, part, map, receipt);
  }
  if (populated) map.nr_memmap_pages += counted(pagemap, part, shared, struct_pages_);
  co_return populated;
}

// vmemmap_populate_basepages of x86-64, which has no altmap, and vmemmap_populate_compound_pages;
// whole sections get a leaf if there is a block for it.
Task<bool> MemoryHotplug::populate_device_pages(Host& host, const DevPagemap& pagemap,
                                                PfnRange part, DeviceMemmap::Map& map,
                                                Receipt& receipt) {
  const std::int64_t section = geometry_.section_of(part.start);
  const bool shared = shares_tails(pagemap, profile_, struct_pages_);
  const bool whole = part.pages().value == geometry_.section_pages();
  const auto note = [&](const Allocation& got, int order) {
    if (map.taken.empty()) map.lies_on = got.node;
    map.taken.emplace_back(got.pfn, order);
    map.pages += PageCount{std::int64_t{1} << order};
    counters_.memmap_pages_boot += std::int64_t{1} << order;
  };
  const AllocRequest single{.node = pagemap.node, .retry = Retry::mayfail, .kthread = true};
  if (whole && !shared) {
    AllocRequest leaf = single;
    leaf.order = struct_pages_.leaf_order();
    const auto got = co_await mm_.alloc_pages(host, leaf, receipt);
    if (got) {
      note(*got, leaf.order);
      ++counters_.memmap_order9;
      ++counters_.vmemmap_leaves;
      co_return true;
    }
  }
  if (!tables_.has_vmemmap_pte_table(section)) {
    const auto table = co_await mm_.alloc_pages(host, single, receipt);
    if (!table) co_return false;
    tables_.add_vmemmap_pte_table(section, table->pfn);
    ++counters_.vmemmap_tables;
  }
  std::int64_t wanted = struct_pages_.pages_of(part.pages()).value;
  counters_.vmemmap_leaves += wanted;
  if (shared) {
    const PageCount offset = part.start - pagemap.range.start;
    const bool reused = pagemap.compound.value > geometry_.subsection_pages() &&
                        offset.value % pagemap.compound.value != 0;
    const std::int64_t heads =
        (part.pages().value + pagemap.compound.value - 1) / pagemap.compound.value;
    wanted = reused ? 0 : kVmemmapReserve * heads;
  }
  for (std::int64_t i = 0; i < wanted; ++i) {
    const auto page = co_await mm_.alloc_pages(host, single, receipt);
    if (!page) co_return false;
    note(*page, 0);
    ++counters_.memmap_base_pages;
  }
  co_return true;
}

// pageunmap_range. The span of ZONE_DEVICE stays (remove_pfn_range_from_zone).
Task<OpResult> MemoryHotplug::memunmap_pages(Host& host, PfnRange range) {
  const auto found = device_memmap_.maps().find(range.start.value);
  if (found == device_memmap_.maps().end() || found->second.failed)
    co_return OpResult{Status::einval, "no such mapping"};
  co_await acquire(host, Lock::mem_hotplug_lock);
  DeviceMemmap::Map map = std::move(found->second);
  device_memmap_.maps().erase(found);
  const DevPagemap pagemap = map.pagemap;
  const std::int64_t flushes =
      geometry_.sections_end(pagemap.range.end) - geometry_.section_of(pagemap.range.start) + 1;
  counters_.tlb_flushes += flushes;
  co_await spend(host, Primitive::tlb_flush, flushes);
  co_await unmap_device(host, pagemap, std::move(map));
  co_await release(host, Lock::mem_hotplug_lock);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

Task<void> MemoryHotplug::unmap_device(Host& host, const DevPagemap& pagemap,
                                       DeviceMemmap::Map map) {
  Receipt receipt = mm_.receipt();
  for (const auto& [pfn, order] : map.taken) free_taken(pfn, order, receipt);
  for_each_section({pagemap.range.start, map.reached}, geometry_, [&](PfnRange part) {
    const std::int64_t section = geometry_.section_of(part.start);
    if (device_memmap_.users(section) == 0 || !device_memmap_.unuse(section)) return;
    if (early_sections_.contains(section)) return;
    tables_.unmap_vmemmap_leaf(section, [&](Pfn pfn) { free_taken(pfn, 0, receipt); });
    give_slab(slab_sections_, receipt);
  });
  unmap_direct(pagemap.range, receipt);
  co_await receipt.spend(host);
}

}  // namespace mhp::kernel
