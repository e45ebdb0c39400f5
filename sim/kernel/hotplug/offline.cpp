// Offlining a block and removing a range: memory_block_offline, offline_pages,
// remove_pfn_range_from_zone and arch_remove_memory of Linux 6.12.
#include <fmt/format.h>

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Task<OpResult> MemoryHotplug::offline(Host& host, BlockId id) {
  const MemoryBlock known = block(id);
  if (known.state != MemoryBlock::State::online)
    co_return OpResult{Status::einval,
                       known.present() ? "the block is offline already" : "no such memory block"};
  if (known.boot) co_return OpResult{Status::ebusy, "the block is boot memory"};
  const PfnRange range = block_range(id);
  const PfnRange head{range.start, range.start + known.altmap_pages};
  const PfnRange rest{head.end, range.end};
  Zone& zone = mm_.zone(known.node, known.zone);
  Node& node = mm_.node(known.node);

  co_await acquire(host, Lock::mem_hotplug_lock);
  // zone_pcp_disable and enable write every CPU's pageset; lru_cache_disable waits for all readers.
  co_await spend(host, Primitive::percpu_line, 2 * mm_.online_cpus());
  co_await wait_for(host, Condition::expedited_grace_period);
  co_await spend_on_memmap(host, Primitive::pageblock_isolate, rest, kPageblockPages);
  // Pages go to other nodes if any other has memory.
  bool alone = true;
  for (std::size_t n = 0; n < mm_.nodes(); ++n) {
    const NodeId other{static_cast<std::int32_t>(n)};
    alone = alone && (other == known.node || !mm_.node(other).has_memory);
  }
  const Evacuation emptied = mm_.evacuate(zone, rest, alone ? NodeId{} : known.node);
  counters_.pages_migrated += emptied.moved.value;
  co_await mm_.spend_work(host);
  co_await spend(host, Primitive::migrate_page, emptied.moved.value, known.node);
  if (emptied.outcome != Evacuation::Outcome::empty) {
    const bool pinned = emptied.outcome == Evacuation::Outcome::unmovable;
    co_await release(host, Lock::mem_hotplug_lock);
    co_return OpResult{
        Status::ebusy,
        fmt::format("{} pages of block {} {}", emptied.left.value, id.value,
                    pinned ? "are in use by the kernel"
                           : "found no room elsewhere (the kernel would try until interrupted)")};
  }
  zone.buddy.forget_pageblocks(range);
  zone.isolated_pages -= rest.pages();
  zone.managed_pages -= rest.pages();
  counters_.pages_offlined += rest.pages().value;
  zone.present_pages -= range.pages();
  account_group(known, zone.type, -range.pages());
  zone.online.erase(range.start.value, range.end.value);
  co_await recompute_watermarks(host);
  const auto forget_memory = [&] {
    node.has_memory = std::any_of(node.zones.begin(), node.zones.end(),
                                  [](const Zone& z) { return z.populated(); });
  };
  // Up to 6.7 the zonelists are rebuilt before the node is known to have no memory.
  if (profile_.zonelist_skips_memoryless_self) forget_memory();
  if (!zone.populated()) co_await spend(host, Primitive::zonelist_scan, mm_.build_all_zonelists());
  forget_memory();
  co_await remove_pfn_range_from_zone(host, zone, rest);
  if (!head.empty()) co_await remove_pfn_range_from_zone(host, zone, head);
  block_ref(id).state = MemoryBlock::State::offline;
  co_await spend(host, Primitive::block_state_fixed, 1);
  co_await release(host, Lock::mem_hotplug_lock);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

Task<void> MemoryHotplug::remove_pfn_range_from_zone(Host& host, Zone& zone, PfnRange range) {
  if (range.start == zone.zone_start_pfn || range.end == zone.zone_end_pfn()) shrink_span(zone);
  co_await walk_contiguous(host, zone, range, counters_.contiguity_checks_offline);
}

Task<OpResult> MemoryHotplug::remove(Host& host, PfnRange range) {
  const BlockId first = block_of(range.start);
  const BlockId end = block_of(range.end);
  bool in_range = false;
  for (std::int32_t b = first.value; b < end.value; ++b) {
    const MemoryBlock& known = block(BlockId{b});
    if (known.state != MemoryBlock::State::offline)
      co_return OpResult{
          known.present() ? Status::ebusy : Status::einval,
          fmt::format("block {} is {}", b, known.present() ? "online" : "not there")};
    in_range = in_range || known.altmap_pages.value > 0;
  }
  co_await acquire(host, Lock::mem_hotplug_lock);
  // One flush for every section's vmemmap and one for the direct map of every call (per block with
  // the memmap inside).
  const std::int64_t flushes =
      range.pages().value / kSectionPages + (in_range ? end.value - first.value : 1);
  counters_.tlb_flushes += flushes;
  const NodeId node = block(first).node;
  undo_add(range);
  touched_.erase(range.start.value / host_page_, range.end.value / host_page_);
  co_await mm_.spend_work(host);
  co_await spend(host, Primitive::tlb_flush, flushes);
  co_await spend(host, Primitive::block_device, end.value - first.value);
  const bool last = std::none_of(blocks_.begin(), blocks_.end(), [&](const MemoryBlock& b) {
    return b.present() && b.node == node;
  });
  if (last && mm_.node(node).cpus == 0) mm_.node(node).online = false;  // try_offline_node
  co_await release(host, Lock::mem_hotplug_lock);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

}  // namespace mhp::kernel
