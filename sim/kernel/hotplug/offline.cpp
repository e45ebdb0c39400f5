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
  const auto [range, head, rest] = unit_of(known);
  Zone& zone = mm_.zone(known.node, known.zone);
  const HeadAccount account = known.plan.account;
  Zone& head_zone = account.zone ? mm_.zone(known.node, *account.zone) : zone;
  Node& node = mm_.node(known.node);

  co_await acquire(host, Lock::mem_hotplug_lock);
  // zone_pcp_disable and enable write every CPU's pageset; lru_cache_disable waits for all readers.
  Receipt receipt = mm_.receipt();
  co_await mm_.zone_pcp_disable(host, zone);
  co_await spend(host, Primitive::percpu_line, 2 * mm_.online_cpus());
  co_await wait_for(host, Condition::expedited_grace_period);
  const PageCount kept = release_fake_offline(zone, rest);  // MEM_GOING_OFFLINE
  co_await isolate_pageblocks(host, zone, rest);
  co_await spend(host, Primitive::offline_page, kept.value, memmap_node(rest.start));
  // Pages go to other nodes if any other has memory.
  bool alone = true;
  for (std::size_t n = 0; n < mm_.nodes(); ++n) {
    const NodeId other{static_cast<std::int32_t>(n)};
    alone = alone && (other == known.node || !mm_.node(other).has_memory);
  }
  const NodeId avoid = alone ? NodeId{} : known.node;
  const Evacuation emptied = co_await mm_.evacuate(host, zone, rest, avoid, receipt);
  if (emptied.outcome != Evacuation::Outcome::empty) keep_fake_offline(zone, rest);
  mm_.zone_pcp_enable(zone);
  counters_.pages_migrated += emptied.moved.value;
  co_await receipt.spend(host);
  co_await spend(host, Primitive::migrate_page, emptied.moved.value, known.node);
  co_await spend_on_memmap(host, Primitive::movable_scan, rest, 1);
  if (emptied.outcome != Evacuation::Outcome::empty) {
    const bool pinned = emptied.outcome == Evacuation::Outcome::unmovable;
    if (zone.isolated.covered(rest.start.value, rest.end.value) > 0)
      co_await change_pageblocks(host, zone, Primitive::pageblock_unisolate, rest,
                                 [&](PfnRange held) { mm_.undo_isolate(zone, held); });
    co_await release(host, Lock::mem_hotplug_lock);
    co_return OpResult{
        Status::ebusy,
        fmt::format("{} pages of block {} {}", emptied.left.value, id.value,
                    pinned ? "are in use by the kernel"
                           : "found no room elsewhere (the kernel would try until interrupted)")};
  }
  fake_offline_.erase(rest.start.value, rest.end.value);
  zone.buddy.forget_pageblocks(rest);
  if (account.spanned == When::online) head_zone.buddy.forget_pageblocks(head);
  zone.isolated_pages -= rest.pages();
  zone.managed_pages -= rest.pages();
  counters_.pages_offlined += rest.pages().value;
  zone.present_pages -= rest.pages();
  account_group(known, zone.type, -rest.pages());
  zone.online.erase(rest.start.value, rest.end.value);
  if (account.present == When::online) {
    head_zone.present_pages -= head.pages();
    account_group(known, head_zone.type, -head.pages());
  }
  if (account.findable == When::online) head_zone.online.erase(head.start.value, head.end.value);
  co_await recompute_watermarks(host);
  // Memmap that stays counted is no memory to allocate from.
  const bool memory = std::any_of(node.zones.begin(), node.zones.end(),
                                  [](const Zone& z) { return z.managed_pages.value > 0; });
  if (!memory)
    co_await spend(host, Primitive::zonelist_scan, mm_.build_without(known.node));
  else if (!zone.populated())
    co_await spend(host, Primitive::zonelist_scan, mm_.build_all_zonelists());
  co_await remove_pfn_range_from_zone(host, zone, rest);
  if (!head.empty() && account.spanned == When::online)
    co_await remove_pfn_range_from_zone(host, head_zone, head);
  for (Pfn p = range.start; p < range.end; p += block_pages_)
    block_ref(block_of(p)).state = MemoryBlock::State::offline;
  co_await spend(host, Primitive::block_state_fixed, range.pages() / block_pages_);
  co_await release(host, Lock::mem_hotplug_lock);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

// start_isolate_page_range, has_unmovable_pages: in ZONE_MOVABLE every page is looked at, in other
// zones free blocks are passed over.
Task<bool> MemoryHotplug::isolate_pageblocks(Host& host, Zone& zone, PfnRange range) {
  constexpr std::int64_t kPortion = kZoneLockGrain * kPageblockPages;
  const bool movable = mm_.unmovable_in(zone, range).value == 0;
  for (Pfn p = range.start; p < range.end;) {
    const PfnRange held{p, std::min(range.end, Pfn{round_down(p.value, kPortion) + kPortion})};
    co_await take_zone_lock(host, zone, held.pages().value / kPageblockPages);
    const PageCount looked_at =
        held.pages() - (is_kernel_zone(zone.type) ? zone.buddy.free_in(held) : PageCount{0});
    if (movable) mm_.isolate(zone, held);
    co_await spend_on_memmap(host, Primitive::pageblock_isolate, held, kPageblockPages);
    co_await spend(host, Primitive::unmovable_scan, looked_at.value, memmap_node(held.start));
    co_await release(host, Lock::zone_lock, zone_index(zone.node, zone.type));
    p = held.end;
  }
  co_return movable;
}

Task<void> MemoryHotplug::remove_pfn_range_from_zone(Host& host, Zone& zone, PfnRange range) {
  if (range.start == zone.zone_start_pfn || range.end == zone.zone_end_pfn()) shrink_span(zone);
  co_await walk_contiguous(host, zone, range, counters_.contiguity_checks_offline);
}

// What adding counted of heads, removing takes back.
Task<void> MemoryHotplug::withdraw_heads(Host& host, PfnRange range) {
  for (Pfn p = range.start; p < range.end; p += block_pages_) {
    const MemoryBlock known = block(block_of(p));
    const HeadAccount& account = known.plan.account;
    if (known.plan.head.value == 0 || !account.zone) continue;
    Zone& zone = mm_.zone(known.node, *account.zone);
    const PfnRange head{p, p + known.plan.head};
    if (account.findable == When::add) zone.online.erase(head.start.value, head.end.value);
    if (account.present == When::add) {
      zone.present_pages -= head.pages();
      if (!zone.populated())
        co_await spend(host, Primitive::zonelist_scan, mm_.build_all_zonelists());
    }
    if (account.spanned != When::add) continue;
    zone.buddy.forget_pageblocks(head);
    co_await remove_pfn_range_from_zone(host, zone, head);
  }
}

Task<OpResult> MemoryHotplug::remove(Host& host, PfnRange range) {
  const BlockId first = block_of(range.start);
  const BlockId end = block_of(range.end);
  std::int64_t altmaps = 0;
  for (std::int32_t b = first.value; b < end.value; ++b) {
    const MemoryBlock& known = block(BlockId{b});
    if (known.state != MemoryBlock::State::offline)
      co_return OpResult{
          known.present() ? Status::ebusy : Status::einval,
          fmt::format("block {} is {}", b, known.present() ? "online" : "not there")};
    const PfnRange unit = known.plan.away_unit;
    if (unit.start < range.start || unit.end > range.end)
      co_return OpResult{Status::einval,
                         fmt::format("block {} goes together with blocks {} to {}", b,
                                     block_of(unit.start).value, block_of(unit.end).value - 1)};
    if (known.plan.away_alone && range != unit)
      co_return OpResult{Status::einval, fmt::format("block {} has to be removed alone", b)};
    if (known.plan.memmap.in_added_memory() && block_of(unit.start).value == b) ++altmaps;
  }
  co_await acquire(host, Lock::mem_hotplug_lock);
  // One flush for every section's vmemmap and one for the direct map of every call: one a range, or
  // an altmap.
  const std::int64_t flushes =
      range.pages().value / kSectionPages + std::max<std::int64_t>(altmaps, 1);
  counters_.tlb_flushes += flushes;
  const NodeId node = block(first).node;
  co_await withdraw_heads(host, range);
  Receipt receipt = mm_.receipt();
  undo_add(range, receipt);
  touched_.erase(range.start.value / host_page_, range.end.value / host_page_);
  co_await receipt.spend(host);
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
