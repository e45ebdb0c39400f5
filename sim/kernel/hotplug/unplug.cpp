// Unplugging memory that is online, whole or in part: virtio_mem_sbm_unplug_any_sb_online and
// virtio_mem_fake_offline (drivers/virtio/virtio_mem.c), alloc_contig_range (mm/page_alloc.c) of
// Linux 6.12.
#include <fmt/format.h>

#include <utility>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

// All of the block at once if that can be had; else what can, from its last sub-block to the first.
Task<Unplugged> MemoryHotplug::unplug(Host& host, BlockId id, PageCount sub_block, bool touched) {
  const PfnRange range = block_range(id);
  if (touched) back(range);
  if (block(id).state == MemoryBlock::State::offline) {
    co_await give_back(host, range);
    co_return Unplugged{{}, range.pages(), true};
  }
  Unplugged done;
  std::int64_t stay = 0;
  OpResult taken = co_await take_and_give_back(host, range);
  if (taken.status == Status::ok) done.pages = range.pages();
  for (Pfn end = range.end; end > range.start && taken.status == Status::ebusy;
       end = end - sub_block) {
    const PfnRange piece{end - sub_block, end};
    if (fake_offline_.covered(piece.start.value, piece.end.value) > 0) continue;
    const OpResult one = co_await take_and_give_back(host, piece);
    if (one.status == Status::ok) done.pages += sub_block;
    if (one.status == Status::ebusy) ++stay;
    if (one.status == Status::enomem) taken = one;
  }
  done.ends = taken.status == Status::enomem;
  if (done.ends)
    done.result = {Status::ebusy, std::move(taken.reason)};
  else if (stay > 0)
    done.result = {Status::ebusy,
                   fmt::format("{} of {} sub-blocks of block {} are in use by the kernel", stay,
                               range.pages() / sub_block, id.value)};
  else
    done.result = co_await offline(host, id);
  done.empty = done.result.status == Status::ok;
  co_return done;
}

Task<OpResult> MemoryHotplug::take_and_give_back(Host& host, PfnRange range) {
  OpResult taken = co_await fake_offline(host, range);
  if (taken.status == Status::ok) co_await give_back(host, range);
  co_return taken;
}

Task<OpResult> MemoryHotplug::fake_offline(Host& host, PfnRange range) {
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
    zone.managed_pages -= range.pages();
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

// virtio_mem_fake_offline_going_offline, virtio_mem_fake_offline_cancel_offline: the driver lets go
// of its pages, which then are free and isolated, or takes them back.
PageCount MemoryHotplug::release_fake_offline(Zone& zone, PfnRange range) {
  PageCount pages;
  fake_offline_.for_each_in(range.start.value, range.end.value, [&](const auto& i) {
    zone.isolated.insert(i.start, i.end);
    pages += PageCount{i.end - i.start};
  });
  zone.managed_pages += pages;
  zone.isolated_pages += pages;
  return pages;
}

void MemoryHotplug::keep_fake_offline(Zone& zone, PfnRange range) {
  fake_offline_.for_each_in(range.start.value, range.end.value, [&](const auto& i) {
    const PageCount pages{i.end - i.start};
    zone.isolated.erase(i.start, i.end);
    zone.isolated_pages -= pages;
    zone.managed_pages -= pages;
  });
}

}  // namespace mhp::kernel
