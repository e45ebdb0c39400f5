// Memory blocks that hold the memmap of others: the order in which they and those go online and
// offline, and what becomes of it when they are removed.
#include <algorithm>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

BlockId MemoryHotplug::host_of(const Plan& plan, BlockId self) const {
  return plan.memmap.in_added_memory() ? block_of(plan.memmap.at) : self;
}

// Blocks of a unit may have their memmap in one that goes online with them.
std::optional<BlockId> MemoryHotplug::missing_host(PfnRange unit) const {
  std::optional<BlockId> missing;
  for_each_block(unit, [&](BlockId b) {
    const Plan& plan = block(b).plan;
    if (!plan.host_first || unit.contains(plan.memmap.at)) return;
    const BlockId host = host_of(plan, b);
    if (block(host).state != MemoryBlock::State::online) missing = host;
  });
  return missing;
}

bool MemoryHotplug::has_guests_online(PfnRange unit) const {
  std::int64_t guests = 0;
  for_each_block(unit, [&](BlockId b) {
    const MemoryBlock& known = block(b);
    if (!known.plan.host_first) return;
    guests += known.hosted_online;
    if (unit.contains(known.plan.memmap.at)) --guests;
  });
  return guests > 0;
}

std::vector<BlockId> MemoryHotplug::guests_outside(PfnRange range) const {
  std::int64_t outside = 0;
  for_each_block(range, [&](BlockId b) {
    const BlockId host = host_of(block(b).plan, b);
    outside += block(b).hosted;
    if (host != b && range.contains(block(b).plan.memmap.at)) --outside;
  });
  std::vector<BlockId> guests;
  for (std::size_t n = 0; n < blocks_.size() && outside > 0; ++n) {
    const BlockId b{static_cast<std::int32_t>(n)};
    if (!blocks_[n].present() || !blocks_[n].plan.memmap.in_added_memory() ||
        range.contains(block_range(b).start) || !range.contains(blocks_[n].plan.memmap.at))
      continue;
    guests.push_back(b);
    --outside;
  }
  return guests;
}

void MemoryHotplug::set_online(BlockId b, ZoneType zone) {
  const BlockId host = host_of(block(b).plan, b);
  if (block(b).plan.memmap.in_added_memory())
    change_block(host, [](MemoryBlock& block) { ++block.hosted_online; });
  const auto memmap_zone = block(host).head_zone;
  change_block(b, [&](MemoryBlock& block) {
    block.state = MemoryBlock::State::online;
    block.zone = zone;
    block.memmap_in_other_zone = block.plan.memmap.in_added_memory() && memmap_zone != zone;
  });
}

void MemoryHotplug::set_offline(BlockId b) {
  change_block(b, [](MemoryBlock& block) {
    block.state = MemoryBlock::State::offline;
    block.memmap_in_other_zone = false;
  });
  if (block(b).plan.memmap.in_added_memory())
    change_block(host_of(block(b).plan, b), [](MemoryBlock& block) { --block.hosted_online; });
}

// Never built: each leaf of the block's memmap is copied to a block of order 9, mapped anew and
// flushed. Not on the node that memory goes from: there it would keep what it lies in.
Task<bool> MemoryHotplug::move_memmap(Host& host, BlockId b, Receipt& receipt) {
  const PfnRange range = block_range(b);
  const NodeId node = block(b).cpu_node;
  const std::int64_t first = geometry_.section_of(range.start);
  const std::int64_t end = geometry_.section_of(range.end);
  const auto [first_leaf, end_leaf] = struct_pages_.leaves_of(first, end);
  std::vector<Allocation> copies;
  for (std::int64_t leaf = first_leaf; leaf < end_leaf; ++leaf) {
    const auto got = co_await mm_.alloc_pages(host,
                                              {.node = node,
                                               .order = struct_pages_.leaf_order(),
                                               .retry = Retry::mayfail,
                                               .kthread = true},
                                              receipt);
    if (!got) {
      for (const Allocation& copy : copies)
        mm_.free_pages(copy.pfn, struct_pages_.leaf_order(), receipt);
      co_return false;
    }
    copies.push_back(*got);
    co_await receipt.spend(host);
    co_await spend(host, Primitive::migrate_page, geometry_.contents(struct_pages_.leaf_pages()),
                   got->node);
    co_await spend(host, Primitive::page_table_leaf, 1);
    co_await spend(host, Primitive::tlb_flush, 1);
  }
  for (std::int64_t leaf = first_leaf; leaf < end_leaf; ++leaf)
    backing_.add_order9(leaf, copies[static_cast<std::size_t>(leaf - first_leaf)].pfn);
  for (std::int64_t s = first; s < end; ++s) {
    const std::int64_t leaf = struct_pages_.leaves_of(s).first - first_leaf;
    backing_.add_sections(s, s + 1, copies[static_cast<std::size_t>(leaf)].node);
  }
  const std::int64_t leaves = end_leaf - first_leaf;
  counters_.memmap_order9 += leaves;
  counters_.memmap_pages_boot += leaves * struct_pages_.leaf_pages();
  counters_.memmap_pages_moved += leaves * struct_pages_.leaf_pages();
  counters_.tlb_flushes += leaves;
  const BlockId was = host_of(block(b).plan, b);
  const bool online = block(b).state == MemoryBlock::State::online;
  change_block(was, [&](MemoryBlock& block) {
    --block.hosted;
    if (online) --block.hosted_online;
  });
  change_block(b, [&](MemoryBlock& block) {
    block.plan.memmap = {.node = node};
    block.memmap_in_other_zone = false;
  });
  co_return true;
}

}  // namespace mhp::kernel
