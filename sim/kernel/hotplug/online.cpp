// Onlining one memory block: memory_block_online, online_pages, move_pfn_range_to_zone and
// undo_isolate_page_range of Linux 6.12.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "sim/core/invariant.hpp"
#include "sim/kernel/contiguity.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/kernel/struct_page.hpp"

namespace mhp::kernel {
namespace {

/// Blocks that a range without a block of the largest order falls into, each as large as its first
/// page's number and the range allow.
std::int64_t aligned_blocks(std::int64_t from, std::int64_t end) {
  std::int64_t blocks = 0;
  while (from < end) {
    const auto by_address = from == 0 ? 62 : std::countr_zero(static_cast<std::uint64_t>(from));
    const auto by_size = std::bit_width(static_cast<std::uint64_t>(end - from)) - 1;
    from += std::int64_t{1} << std::min(static_cast<int>(by_address), static_cast<int>(by_size));
    ++blocks;
  }
  return blocks;
}

}  // namespace

Task<OpResult> MemoryHotplug::online(Host& host, BlockId id, OnlineType type) {
  const MemoryBlock known = block(id);
  if (known.present() && type != OnlineType::offline) {
    std::optional<OnlineType>& left = blocks_[id.index()].online_type;
    left.reset();
    if (known.state == MemoryBlock::State::online) left = type;
  }
  if (known.state != MemoryBlock::State::offline || type == OnlineType::offline)
    co_return OpResult{Status::einval,
                       known.present() ? "the block is online already" : "no such memory block"};
  const auto [range, head, rest] = unit_of(known);
  if (const auto first = missing_host(range))
    co_return OpResult{Status::einval,
                       fmt::format("its memmap lies in block {}, which is offline", first->value)};
  Zone& zone = mm_.zone(known.node, zone_for(known, range, type));

  co_await acquire(host, Lock::mem_hotplug_lock);
  if (OpResult late = co_await populate_late(host, range); late.status != Status::ok) {
    co_await release(host, Lock::mem_hotplug_lock);
    co_return late;
  }
  co_await account_heads(host, &zone, range, When::online);
  if (!rest.empty()) co_await move_pfn_range_to_zone(host, zone, rest);
  Node& node = mm_.node(known.node);
  const bool first_of_node = !node.has_memory;
  // MEM_GOING_ONLINE
  if (!rest.empty() && !co_await page_ext_.online(host, rest, known.node))
    co_return co_await cancel_online(host, zone, range, rest, "the page extension");
  if (first_of_node && !co_await take_node_slab(host, known.node)) {
    if (!rest.empty()) co_await page_ext_.offline(host, rest);
    co_return co_await cancel_online(host, zone, range, rest, "the slab caches of the node");
  }

  const bool first_of_zone = !zone.populated();
  const std::int64_t cpus = mm_.online_cpus();
  if (first_of_zone) co_await spend(host, Primitive::percpu_line, cpus);
  if (!rest.empty()) co_await hand_to_buddy(host, zone, rest, known.page_by_page);
  find_heads(zone, range);
  zone.present_pages += rest.pages();
  if (known.boot) zone.present_early_pages += rest.pages();
  node.has_memory = true;
  if (profile_.online_sets_normal_memory && is_kernel_zone(zone.type))
    node.has_normal_memory = true;
  if (first_of_zone || first_of_node)
    co_await spend(host, Primitive::zonelist_scan, mm_.build_all_zonelists());
  counters_.pageblocks_unisolated += geometry_.pageblocks(rest.pages());
  co_await change_pageblocks(host, zone, Primitive::pageblock_unisolate, rest, [&](PfnRange held) {
    for (const PfnRange& free : plugged_in(held)) {
      zone.buddy.append(free);
      zone.isolated_pages -= free.pages();
    }
  });
  co_await recompute_watermarks(host);
  if (first_of_node) {
    co_await spend(host, Primitive::node_bringup, 1);
    co_await start_node_threads(host, zone);
  }
  account_group(known, zone.type, rest.pages());
  count_heads_online(zone, range);

  const std::int64_t blocks = range.pages() / block_pages_;
  for_each_block(range, [&](BlockId b) { set_online(b, zone.type); });
  settle();
  counters_.blocks_onlined += blocks;
  counters_.pages_onlined += (rest.pages() - fake_offline_in(rest)).value;
  co_await spend(host, Primitive::block_state_fixed, blocks);
  co_await release(host, Lock::mem_hotplug_lock);
  if constexpr (kMhpChecked) mm_.validate();
  co_return OpResult{};
}

Task<void> MemoryHotplug::move_pfn_range_to_zone(Host& host, Zone& zone, PfnRange range) {
  grow_span(zone, range);
  co_await write_struct_pages(host, range);
  co_await walk_contiguous(host, zone, range, counters_.contiguity_checks);
}

Task<void> MemoryHotplug::write_struct_pages(Host& host, PfnRange range) {
  counters_.struct_pages_initialised += range.pages().value;
  co_await spend_first_touches(host, range);
  co_await spend_on_memmap(host, Primitive::struct_page_init, range, 1);
  if (struct_pages_are_cleared(StructPageCleared::by_memset, profile_))
    co_await spend_on_memmap(host, Primitive::struct_page_memset, range, 1);
}

// online_pages_range frees in the largest aligned blocks, still isolated; the sections are online
// from here on. What a driver keeps it marks; its own callback may free page by page.
Task<void> MemoryHotplug::hand_to_buddy(Host& host, Zone& zone, PfnRange range, bool page_by_page) {
  for (const PfnRange& part : plugged_in(range)) {
    zone.adjust_managed_page_count(part.pages());
    zone.isolated_pages += part.pages();
    mm_.trace_onlined(part);
    co_await free_onlined(host, zone, part, page_by_page);
  }
  if (const PageCount kept = fake_offline_in(range); kept.value > 0)
    co_await spend(host, Primitive::offline_page, kept.value, memmap_node(range.start));
  mm_.set_online(zone, range);
}

// __free_pages_core of each block.
Task<void> MemoryHotplug::free_onlined(Host& host, Zone& zone, PfnRange range, bool page_by_page) {
  const std::int64_t largest = geometry_.max_order_pages();
  const std::int64_t first = std::min(round_up(range.start.value, largest), range.end.value);
  const std::int64_t last = std::max(first, round_down(range.end.value, largest));
  std::int64_t chunks = (last - first) >> geometry_.max_order();
  // Between a border of the largest order and the ends of what is handed over.
  std::int64_t smaller =
      aligned_blocks(range.start.value, first) + aligned_blocks(last, range.end.value);
  if (page_by_page) {
    chunks = 0;
    smaller = range.pages().value;
  }
  counters_.free_chunks_order10 += chunks;
  counters_.free_chunks_smaller += smaller;
  co_await spend_on_memmap(host, Primitive::struct_page_free, range, 1);
  for (std::int64_t left = chunks + smaller; left > 0; left -= kZoneLockGrain) {
    const std::int64_t blocks = std::min(left, kZoneLockGrain);
    co_await take_zone_lock(host, zone, blocks);
    co_await spend(host, Primitive::free_one_page, blocks);
    co_await release(host, Lock::zone_lock, zone_index(zone.node, zone.type));
  }
}

// Whoever brings blocks online or offline is on the last CPU: not where workloads' threads are, the
// first of their node.
Task<void> MemoryHotplug::take_zone_lock(Host& host, Zone& zone, std::int64_t holds) {
  co_await acquire(host, Lock::zone_lock, zone_index(zone.node, zone.type), holds);
  const CpuId self{static_cast<std::int32_t>(mm_.online_cpus() - 1)};
  if (zone.lock.taken_by(self)) co_await spend(host, Primitive::percpu_line, kZoneLockLines);
}

Task<void> MemoryHotplug::change_pageblocks(Host& host, Zone& zone, Primitive primitive,
                                            PfnRange range, std::function<void(PfnRange)> change) {
  const std::int64_t portion = kZoneLockGrain * geometry_.pageblock_pages();
  for (Pfn p = range.start; p < range.end;) {
    const PfnRange held{p, std::min(range.end, Pfn{round_down(p.value, portion) + portion})};
    co_await take_zone_lock(host, zone, geometry_.pageblocks(held.pages()));
    change(held);
    co_await spend_on_memmap(host, primitive, held, geometry_.pageblock_pages());
    co_await release(host, Lock::zone_lock, zone_index(zone.node, zone.type));
    p = held.end;
  }
}

Task<void> MemoryHotplug::walk_contiguous(Host& host, Zone& zone, PfnRange changed,
                                          std::int64_t& counter) {
  std::int64_t checks = set_zone_contiguous(zone);
  Pfn start = zone.zone_start_pfn;
  if (contiguity_is_told_by(ContiguityWalk::range, profile_)) {
    checks = std::min(checks, geometry_.pageblocks(changed.pages()));
    start = changed.start;
  }
  if (contiguity_is_told_by(ContiguityWalk::counter, profile_)) co_return;
  counter += checks;
  ++counters_.contiguity_walks;
  const std::int64_t looked_up =
      memmap_units({start, start + PageCount{checks * geometry_.pageblock_pages()}},
                   geometry_.pageblock_pages());
  co_await spend_on_memmap(host, Primitive::contiguity_check,
                           {start, start + PageCount{checks * geometry_.pageblock_pages()}},
                           geometry_.pageblock_pages());
  // A pageblock without a memmap is dismissed by its section alone; it counts where the zone is.
  co_await spend(host, Primitive::contiguity_check, std::max<std::int64_t>(0, checks - looked_up),
                 zone.node);
}

std::int64_t MemoryHotplug::memmap_units(PfnRange range, std::int64_t unit) const {
  std::int64_t units = 0;
  for (const std::int64_t n : units_by_node(range, unit)) units += n;
  return units;
}

MemoryHotplug::ByNode MemoryHotplug::units_by_node(PfnRange range, std::int64_t unit) const {
  ByNode by_node(mm_.nodes(), 0);
  const std::int64_t first = geometry_.section_of(range.start);
  const std::int64_t end = geometry_.sections_end(range.end);
  backing_.for_each_node(
      first, end, [&](NodeId node, std::int64_t from_section, std::int64_t to_section) {
        const std::int64_t from =
            std::max(range.start, geometry_.section_start(from_section)).value;
        const std::int64_t to = std::min(range.end, geometry_.section_start(to_section)).value;
        by_node[node.index()] += (to - from) / unit;
      });
  return by_node;
}

// Work on the struct pages of a range touches the nodes on which they lie.
Task<void> MemoryHotplug::spend_on_memmap(Host& host, Primitive primitive, PfnRange range,
                                          std::int64_t unit) {
  const auto by_node = units_by_node(range, unit);
  for (std::size_t n = 0; n < by_node.size(); ++n)
    if (by_node[n] > 0)
      co_await spend(host, primitive, by_node[n], NodeId{static_cast<std::int32_t>(n)});
}

// init_per_zone_wmark_min writes thresholds of every node and zone on every CPU, and the pagesets
// whose size changed.
Task<void> MemoryHotplug::recompute_watermarks(Host& host) {
  mm_.init_per_zone_wmark_min();
  ++counters_.wmark_recomputations;
  const std::int64_t cpus = mm_.online_cpus();
  const std::int64_t zones = mm_.populated_zones();
  co_await spend(host, Primitive::percpu_line, (mm_.online_nodes() + 3 * zones) * cpus);
}

}  // namespace mhp::kernel
