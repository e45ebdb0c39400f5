// Unplugging memory that is online, whole or in part: virtio_mem_sbm_unplug_any_sb_online and
// virtio_mem_fake_offline (drivers/virtio/virtio_mem.c), alloc_contig_range (mm/page_alloc.c) of
// Linux 6.12.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Task<Unplugged> MemoryHotplug::unplug(Host& host, BlockId id, UnplugRequest request) {
  const bool online = block(id).state == MemoryBlock::State::online;
  auto unplugging = online ? unplug_online(host, id, request) : unplug_offline(host, id, request);
  co_return co_await std::move(unplugging);
}

// virtio_mem_sbm_unplug_any_sb_raw: from the last sub-block, as many in a row as there are. The
// memmap of the block, if it lies there, goes with the last.
Task<Unplugged> MemoryHotplug::unplug_offline(Host& host, BlockId id, UnplugRequest request) {
  const PfnRange range = block_range(id);
  Unplugged done;
  for (Pfn end = range.end; end > range.start && done.pages < request.at_most;) {
    Pfn start = end;
    while (start > range.start && end - start < request.at_most - done.pages &&
           fake_offline_in({start - request.sub_block, start}).value == 0)
      start = start - request.sub_block;
    if (start < end) {
      co_await give_back(host, {start, end}, request.touched);
      fake_offline_.insert(start.value, end.value);
      done.pages += end - start;
    }
    end = start < end ? start : end - request.sub_block;
  }
  done.empty = fake_offline_in(range) == range.pages();
  co_return done;
}

// virtio_mem_sbm_unplug_any_sb_online: all of the block at once if it is plugged and that much is
// to go; else what can be had, from its last sub-block to the first.
Task<Unplugged> MemoryHotplug::unplug_online(Host& host, BlockId id, UnplugRequest request) {
  const PfnRange range = block_range(id);
  const PfnRange rest = unit_of(block(id)).rest;
  const auto left = [&] { return rest.pages() - fake_offline_in(rest); };
  const auto changed = [&] { return request.changed != nullptr && *request.changed; };
  Unplugged done;
  std::int64_t stay = 0;
  OpResult taken{Status::ebusy, {}};
  if (left() == range.pages() && request.at_most >= range.pages()) {
    taken = co_await take_and_give_back(host, range, request.touched);
    if (taken.status == Status::ok) done.pages = range.pages();
  }
  for (Pfn end = rest.end;
       end > rest.start && taken.status == Status::ebusy && done.pages < request.at_most;
       end = end - request.sub_block) {
    const PfnRange piece{end - request.sub_block, end};
    if (fake_offline_in(piece).value > 0) continue;
    if (changed()) break;
    const OpResult one = co_await take_and_give_back(host, piece, request.touched);
    if (one.status == Status::ok) done.pages += request.sub_block;
    if (one.status == Status::ebusy) ++stay;
    if (one.status == Status::enomem) taken = one;
  }
  done.ends = taken.status == Status::enomem;
  // The memmap of the block goes with it, if as much may.
  const PageCount head = range.pages() - rest.pages();
  const bool all = left().value == 0 && (head.value == 0 || done.pages + head <= request.at_most);
  if (done.ends) {
    done.result = {Status::ebusy, std::move(taken.reason)};
  } else if (all) {
    done.result = co_await offline(host, id);
    done.empty = done.result.status == Status::ok;
    if (done.empty) done.pages += head;
  } else if (stay > 0) {
    done.result = {Status::ebusy,
                   fmt::format("{} of {} sub-blocks of block {} are in use by the kernel", stay,
                               range.pages() / request.sub_block, id.value)};
  }
  co_return done;
}

Task<OpResult> MemoryHotplug::take_and_give_back(Host& host, PfnRange range, bool touched) {
  OpResult taken = co_await fake_offline(host, range, touched);
  if (taken.status == Status::ok) co_await give_back(host, range);
  co_return taken;
}

Task<OpResult> MemoryHotplug::fake_offline(Host& host, PfnRange range, bool touched) {
  if (touched) back(range);
  const MemoryBlock known = block(block_of(range.start));
  Zone& zone = mm_.zone(known.node, known.zone);
  if (zone.isolated.covered(range.start.value, range.end.value) > 0)
    co_return OpResult{Status::ebusy, "somebody else has isolated pages there"};
  Receipt receipt = mm_.receipt();
  co_await mm_.zone_pcp_disable(host, zone);
  co_await isolate_pageblocks(host, zone, range);
  co_await wait_for(host, Condition::expedited_grace_period);  // lru_cache_disable
  // Pages may move to other places on their own node.
  const Evacuation emptied = co_await evacuate(host, zone, range, {.contig = true}, receipt);
  const bool empty = emptied.outcome == Evacuation::Outcome::empty;
  if (empty) {
    zone.isolated_pages -= range.pages();
    zone.adjust_managed_page_count(-range.pages());
    fake_offline_.insert(range.start.value, range.end.value);
    counters_.pages_fake_offlined += range.pages().value;
  }
  co_await receipt.spend(host);
  if (empty && config_.init_on_alloc) {
    counters_.pages_cleared += range.pages().value;
    co_await spend_faults(host, back(range));
    co_await spend(host, Primitive::page_clear, geometry_.contents(range.pages()), known.node);
  }
  if (empty) co_await spend_on_memmap(host, Primitive::contig_page, range, 1);
  if (empty || zone.isolated.covered(range.start.value, range.end.value) > 0)
    co_await change_pageblocks(host, zone, Primitive::pageblock_unisolate, range,
                               [&](PfnRange held) { mm_.undo_isolate(zone, held); });
  mm_.zone_pcp_enable(zone);
  if (empty) co_return OpResult{};
  const bool pinned = emptied.outcome == Evacuation::Outcome::unmovable;
  co_return OpResult{
      pinned ? Status::ebusy : Status::enomem,
      fmt::format("{} pages of block {} {}", emptied.left.value, block_of(range.start).value,
                  pinned ? "are in use by the kernel"
                         : "found no room elsewhere (the driver would try again in "
                           "50 s)")};
}

Task<void> MemoryHotplug::fake_online(Host& host, PfnRange range) {
  const MemoryBlock known = block(block_of(range.start));
  fake_offline_.erase(range.start.value, range.end.value);
  if (known.state != MemoryBlock::State::online) co_return;
  Zone& zone = mm_.zone(known.node, known.zone);
  co_await free_onlined(host, zone, range);
  // At once, whoever looks meanwhile: what is managed is free, in use or isolated.
  zone.adjust_managed_page_count(range.pages());
  zone.buddy.append(range);
  mm_.trace_onlined(range);
}

void MemoryHotplug::leave_unplugged(PfnRange range) {
  if (!range.empty()) fake_offline_.insert(range.start.value, range.end.value);
}

void MemoryHotplug::forget_unplugged(PfnRange range) {
  fake_offline_.erase(range.start.value, range.end.value);
  kept_.erase(range.start.value, range.end.value);
}

void MemoryHotplug::keep_offline(PfnRange range) {
  leave_unplugged(range);
  if (!range.empty()) kept_.insert(range.start.value, range.end.value);
}

std::vector<PfnRange> MemoryHotplug::plugged_in(PfnRange range) const {
  std::vector<PfnRange> parts;
  Pfn from = range.start;
  fake_offline_.for_each_in(range.start.value, range.end.value, [&](const auto& held) {
    if (from < Pfn{held.start}) parts.push_back({from, Pfn{held.start}});
    from = Pfn{held.end};
  });
  if (from < range.end) parts.push_back({from, range.end});
  return parts;
}

// virtio_mem_fake_offline_going_offline, virtio_mem_fake_offline_cancel_offline: the driver lets go
// of its pages, which then are free and isolated, or takes them back.
PageCount MemoryHotplug::release_fake_offline(Zone& zone, PfnRange range) {
  PageCount pages;
  fake_offline_.for_each_in(range.start.value, range.end.value, [&](const auto& i) {
    zone.isolated.insert(i.start, i.end);
    pages += PageCount{i.end - i.start};
  });
  zone.adjust_managed_page_count(pages);
  zone.isolated_pages += pages;
  return pages;
}

void MemoryHotplug::keep_fake_offline(Zone& zone, PfnRange range) {
  fake_offline_.for_each_in(range.start.value, range.end.value, [&](const auto& i) {
    const PageCount pages{i.end - i.start};
    zone.isolated.erase(i.start, i.end);
    zone.isolated_pages -= pages;
    zone.adjust_managed_page_count(-pages);
  });
}

}  // namespace mhp::kernel
