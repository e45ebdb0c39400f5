// Offlining a block and removing a range: memory_block_offline, offline_pages,
// remove_pfn_range_from_zone and arch_remove_memory of Linux 6.12.
#include <fmt/format.h>

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Task<OpResult> MemoryHotplug::offline(Host& host, BlockId id, EvacuationTask task) {
  const MemoryBlock known = block(id);
  if (known.state != MemoryBlock::State::online)
    co_return OpResult{Status::einval,
                       known.present() ? "the block is offline already" : "no such memory block"};
  if (known.boot && (valid_zones(id).empty() || has_hole(id)))
    co_return OpResult{Status::einval, "the block has a hole, or is of no single zone"};
  const auto [range, head, rest] = unit_of(known);
  if (has_guests_online(range))
    co_return OpResult{
        Status::ebusy,
        fmt::format("block {} holds the memmap of blocks that are online", id.value)};
  // scan_movable_pages: PageOffline, with a reference that its driver does not drop.
  if (const PageCount kept = kept_offline(range); kept.value > 0)
    co_return OpResult{
        Status::ebusy,
        fmt::format("{} pages of block {} are their driver's (PageOffline)", kept.value, id.value)};
  Zone& zone = mm_.zone(known.node, known.boot ? valid_zones(id).front() : known.zone);
  Node& node = mm_.node(known.node);

  co_await acquire(host, Lock::mem_hotplug_lock);
  OpResult emptied;
  if (!rest.empty()) emptied = co_await empty_range(host, zone, rest, id, task);
  if (emptied.status != Status::ok) {
    co_await release(host, Lock::mem_hotplug_lock);
    co_return emptied;
  }
  zone.buddy.forget_pageblocks(rest);
  zone.isolated_pages -= rest.pages();
  zone.adjust_managed_page_count(-rest.pages());
  counters_.pages_offlined += rest.pages().value;
  zone.present_pages -= rest.pages();
  if (known.boot) zone.present_early_pages -= rest.pages();
  account_group(known, zone.type, -rest.pages());
  mm_.set_offline(zone, rest);
  count_heads_offline(zone, range);
  co_await recompute_watermarks(host);
  node.has_normal_memory = node.has_normal_memory &&
                           std::any_of(node.zones.begin(), node.zones.end(), [](const Zone& z) {
                             return is_kernel_zone(z.type) && z.populated();
                           });
  // Memmap that stays counted is no memory to allocate from.
  const bool memory = std::any_of(node.zones.begin(), node.zones.end(), [this](const Zone& z) {
    return z.managed_pages.value > 0 || has_fake_offline(z);
  });
  if (!memory)
    co_await spend(host, Primitive::zonelist_scan, mm_.build_without(known.node));
  else if (!zone.populated())
    co_await spend(host, Primitive::zonelist_scan, mm_.build_all_zonelists());
  if (!rest.empty()) {
    co_await page_ext_.offline(host, rest);  // MEM_OFFLINE
    co_await remove_pfn_range_from_zone(host, zone, rest);
  }
  co_await remove_heads_from_zone(host, zone, range);
  for_each_block(range, [&](BlockId b) { set_offline(b); });
  co_await depopulate_late(host, range);
  settle();
  co_await spend(host, Primitive::block_state_fixed, range.pages() / block_pages_);
  co_await release(host, Lock::mem_hotplug_lock);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

// What a driver holds is present.
bool MemoryHotplug::has_fake_offline(const Zone& zone) const {
  bool found = false;
  fake_offline_.for_each_in(
      zone.zone_start_pfn.value, zone.zone_end_pfn().value,
      [&](const auto& held) { found = found || zone.online.covered(held.start, held.end) > 0; });
  return found;
}

// offline_pages goes without memory that is not System RAM from end to end.
bool MemoryHotplug::has_hole(BlockId id) const {
  const PfnRange range = block_range(id);
  PageCount online;
  for (const Zone& zone : mm_.node(block(id).node).zones)
    online += PageCount{zone.online.covered(range.start.value, range.end.value)};
  return online < range.pages();
}

// All that goes off the free lists, and what is in use elsewhere.
Task<OpResult> MemoryHotplug::empty_range(Host& host, Zone& zone, PfnRange rest, BlockId id,
                                          EvacuationTask task) {
  // zone_pcp_disable and enable write every CPU's pageset; lru_cache_disable waits for all readers.
  Receipt receipt = mm_.receipt();
  co_await mm_.zone_pcp_disable(host, zone);
  co_await spend(host, Primitive::percpu_line, 2 * mm_.online_cpus());
  co_await wait_for(host, Condition::expedited_grace_period);
  const PageCount kept = release_fake_offline(zone, rest);  // MEM_GOING_OFFLINE
  co_await isolate_pageblocks(host, zone, rest, Mm::Pools::dissolved);
  co_await spend(host, Primitive::offline_page, kept.value, memmap_node(rest.start));
  // Pages go to other nodes if any other has memory.
  bool alone = true;
  for (std::size_t n = 0; n < mm_.nodes(); ++n) {
    const NodeId other{static_cast<std::int32_t>(n)};
    alone = alone && (other == zone.node || !mm_.node(other).has_memory);
  }
  const Evacuation emptied = co_await evacuate(
      host, zone, rest, {.avoid = alone ? NodeId{} : zone.node, .dissolve = true, .task = task},
      receipt);
  const bool stays = emptied.outcome != Evacuation::Outcome::empty;
  if (stays) keep_fake_offline(zone, rest);
  mm_.zone_pcp_enable(zone);
  co_await receipt.spend(host);
  co_await spend_on_memmap(host, Primitive::movable_scan, rest, 1);
  if (!stays) co_return OpResult{};
  if (zone.isolated.covered(rest.start.value, rest.end.value) > 0)
    co_await change_pageblocks(host, zone, Primitive::pageblock_unisolate, rest,
                               [&](PfnRange held) { mm_.undo_isolate(zone, held); });
  co_return why_it_stays(rest, id, emptied);
}

Task<Evacuation> MemoryHotplug::evacuate(Host& host, Zone& zone, PfnRange range,
                                         EvacuationMode mode, Receipt& receipt) {
  const VmEvents before = mm_.reclaim().events();
  const Evacuation emptied = co_await mm_.evacuate(host, zone, range, mode, receipt);
  const VmEvents& now = mm_.reclaim().events();
  counters_.pages_migrated += emptied.moved.value;
  counters_.pages_reclaimed += now.pgsteal() - before.pgsteal() + emptied.dropped.value;
  counters_.pages_swapped_out += now.pswpout - before.pswpout;
  co_return emptied;
}

OpResult MemoryHotplug::why_it_stays(PfnRange range, BlockId id, const Evacuation& emptied) const {
  const bool pinned = emptied.outcome == Evacuation::Outcome::unmovable;
  if (emptied.outcome == Evacuation::Outcome::interrupted)
    return {Status::eintr,
            fmt::format(
                "offlining block {} does not end: when it was interrupted {} pages had not moved{}",
                id.value, emptied.left.value,
                emptied.throttled ? "; reclaim for them waits while the offlining task itself has "
                                    "more pages isolated than an eighth of those inactive"
                                  : "")};
  const bool hangs = pinned && never_goes_offline(range, emptied.left);
  return {hangs ? Status::eintr : Status::ebusy,
          fmt::format("{} pages of block {} {}", emptied.left.value, id.value,
                      hangs    ? "are single slab pages (the kernel would try until interrupted)"
                      : pinned ? "are in use by the kernel"
                               : "found no room elsewhere (the kernel would try until "
                                 "interrupted)")};
}

// online_pages (failed_addition) and mhp_deinit_memmap_on_memory.
Task<OpResult> MemoryHotplug::cancel_online(Host& host, Zone& zone, PfnRange range, PfnRange rest,
                                            std::string_view what) {
  if (!rest.empty()) co_await remove_pfn_range_from_zone(host, zone, rest);
  for (const auto& [head, account, in] : heads_of(range, &zone)) {
    if (account.findable == When::online) mm_.set_offline(*in, head);
    if (account.spanned == When::online) in->buddy.forget_pageblocks(head);
  }
  co_await remove_heads_from_zone(host, zone, range);
  co_await depopulate_late(host, range);
  settle();
  co_await release(host, Lock::mem_hotplug_lock);
  co_return OpResult{Status::enomem, fmt::format("no memory for {} of block {}", what,
                                                 block_of(range.start).value)};
}

// start_isolate_page_range, has_unmovable_pages: in ZONE_MOVABLE every page is looked at, in other
// zones free blocks are passed over.
Task<bool> MemoryHotplug::isolate_pageblocks(Host& host, Zone& zone, PfnRange range,
                                             Mm::Pools pools) {
  const std::int64_t portion = kZoneLockGrain * geometry_.pageblock_pages();
  const bool movable = mm_.unmovable_in(zone, range, pools).value == 0;
  for (Pfn p = range.start; p < range.end;) {
    const PfnRange held{p, std::min(range.end, Pfn{round_down(p.value, portion) + portion})};
    co_await take_zone_lock(host, zone, geometry_.pageblocks(held.pages()));
    const PageCount looked_at =
        held.pages() - (is_kernel_zone(zone.type) ? zone.buddy.free_in(held) : PageCount{0});
    if (movable) mm_.isolate(zone, held);
    co_await spend_on_memmap(host, Primitive::pageblock_isolate, held, geometry_.pageblock_pages());
    co_await spend(host, Primitive::unmovable_scan, looked_at.value, memmap_node(held.start));
    co_await release(host, Lock::zone_lock, zone_index(zone.node, zone.type));
    p = held.end;
  }
  co_return movable;
}

Task<void> MemoryHotplug::remove_pfn_range_from_zone(Host& host, Zone& zone, PfnRange range) {
  if (config_.debug_vm) co_await spend_on_memmap(host, Primitive::struct_page_clear, range, 1);
  if (range.start == zone.zone_start_pfn || range.end == zone.zone_end_pfn()) shrink_span(zone);
  co_await walk_contiguous(host, zone, range, counters_.contiguity_checks_offline);
}

Plans MemoryHotplug::plans_of(PfnRange range) const {
  Plans plans;
  for_each_block(range, [&](BlockId b) { plans.push_back(block(b).plan); });
  return plans;
}

// One flush for every section's vmemmap and one for the direct map of every call: one a range, or
// an altmap.
Task<void> MemoryHotplug::flush_tlbs(Host& host, PfnRange range) {
  std::int64_t altmaps = 0;
  std::int64_t sections = 0;
  for_each_block(range, [&](BlockId b) {
    const MemoryBlock& known = block(b);
    if (!known.populated) return;
    const bool own = host_of(known.plan, b) == b;
    if (known.plan.memmap.in_added_memory() && own) ++altmaps;
    sections += geometry_.sections(block_pages_);
  });
  if (sections == 0) co_return;
  const std::int64_t flushes = sections + std::max<std::int64_t>(altmaps, 1);
  counters_.tlb_flushes += flushes;
  co_await spend(host, Primitive::tlb_flush, flushes);
}

OpResult MemoryHotplug::may_remove(PfnRange range) const {
  OpResult result;
  for_each_block(range, [&](BlockId b) {
    if (result.status != Status::ok) return;
    const MemoryBlock& known = block(b);
    const PfnRange unit = known.plan.away_unit;
    if (known.boot)
      result = {Status::einval, fmt::format("block {} is boot memory", b.value)};
    else if (known.state != MemoryBlock::State::offline)
      result = {known.present() ? Status::ebusy : Status::einval,
                fmt::format("block {} is {}", b.value, known.present() ? "online" : "not there")};
    else if (unit.start < range.start || unit.end > range.end)
      result = {Status::einval,
                fmt::format("block {} goes together with blocks {} to {}", b.value,
                            block_of(unit.start).value, block_of(unit.end).value - 1)};
    else if (known.plan.away_alone && range != unit)
      result = {Status::einval, fmt::format("block {} has to be removed alone", b.value)};
  });
  return result;
}

// Memmap of others that lies in the range moves first, or keeps the range.
Task<OpResult> MemoryHotplug::free_of_guests(Host& host, PfnRange range, Receipt& receipt) {
  for (const BlockId guest : guests_outside(range)) {
    if (!block(guest).plan.memmap.moved_at_remove)
      co_return OpResult{Status::ebusy,
                         fmt::format("the memmap of block {} lies in the range", guest.value)};
    if (!co_await move_memmap(host, guest, receipt))
      co_return OpResult{Status::enomem,
                         fmt::format("no memory to move the memmap of block {} to", guest.value)};
  }
  co_return OpResult{};
}

Task<OpResult> MemoryHotplug::remove(Host& host, PfnRange range) {
  if (OpResult refused = may_remove(range); refused.status != Status::ok) co_return refused;
  co_await acquire(host, Lock::mem_hotplug_lock);
  Receipt receipt = mm_.receipt();
  const OpResult free = co_await free_of_guests(host, range, receipt);
  if (free.status != Status::ok) {
    co_await receipt.spend(host);
    co_await release(host, Lock::mem_hotplug_lock);
    co_return free;
  }
  const NodeId node = block(block_of(range.start)).node;
  co_await withdraw_heads(host, range);
  const Plans plans = plans_of(range);
  co_await flush_tlbs(host, range);
  remove_memmap(range, plans, receipt);
  remove_blocks(range, receipt);
  unmap_direct(range, receipt);
  settle();
  touched_.erase(range.start.value / host_page_, range.end.value / host_page_);
  forget_unplugged(range);
  co_await receipt.spend(host);
  co_await spend(host, Primitive::block_device, range.pages() / block_pages_);
  const bool last = std::none_of(blocks_.begin(), blocks_.end(), [&](const MemoryBlock& b) {
    return b.present() && b.node == node;
  });
  if (last && mm_.node(node).cpus == 0) mm_.node(node).online = false;  // try_offline_node
  co_await release(host, Lock::mem_hotplug_lock);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

}  // namespace mhp::kernel
