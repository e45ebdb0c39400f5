// Relations between runs that must hold whatever the figures are: what is taken back leaves no
// trace, parts add up to the whole, and nodes do not know of each other's order.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::metamorphic_test {
namespace {

/// Everything that the kernel accounts for one zone.
struct ZoneState {
  std::int64_t start = 0, spanned = 0, present = 0, managed = 0, free = 0, in_use = 0;
  std::array<std::int64_t, kMaxOrder + 1> free_blocks{};
  Watermarks watermark;
  std::array<PageCount, kZoneTypes> lowmem_reserve{};
  bool operator==(const ZoneState&) const = default;
};

/// Everything that the kernel accounts, apart from counters of what has been done.
struct State {
  std::vector<ZoneState> zones;  // by node and type
  std::vector<std::vector<std::int32_t>> fallback;
  std::vector<std::tuple<std::size_t, int, int>> blocks;  // number, state, node
  std::int64_t memmap_pages = 0, leaves_1g = 0, leaves_2m = 0, tables = 0, min_free = 0;
  bool operator==(const State&) const = default;
};

/// A machine of several nodes, the first two with processors and memory.
class Machine {
 public:
  Machine(const std::string& placement, Bytes block, std::size_t nodes = 4) {
    machine::Description machine;
    machine.nodes.assign(nodes, {Bytes{0}, 0});
    machine.nodes[0] = {Bytes{8 * kGiB}, 4};
    machine.nodes[1] = {Bytes{4 * kGiB}, 4};
    machine.distance.assign(nodes, std::vector<int>(nodes, 20));
    for (std::size_t n = 0; n < nodes; ++n) machine.distance[n][n] = 10;
    KernelConfig config;
    config.memmap_placement = placement;
    config.memory_block_size = block;
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
  }

  bool add(NodeId node, PfnRange range) {
    return run(hotplug_->add(host_, {node, range, NodeId{0}}));
  }
  bool online(PfnRange range, OnlineType type) {
    return each_block(range, [&](BlockId b) { return run(hotplug_->online(host_, b, type)); });
  }
  bool offline(PfnRange range) {
    return each_block(range, [&](BlockId b) { return run(hotplug_->offline(host_, b)); });
  }
  bool remove(PfnRange range) { return run(hotplug_->remove(host_, range)); }
  bool add_and_online(NodeId node, PfnRange range, OnlineType type) {
    return add(node, range) && online(range, type);
  }

  /// Drains the per-CPU lists first: a spare block there is free memory like any other.
  State state() {
    for (std::size_t n = 0; n < mm_->nodes(); ++n)
      for (Zone& z : mm_->node(NodeId{static_cast<std::int32_t>(n)}).zones)
        z.drain_pcps(mm_->nobody());
    State s;
    for (std::size_t n = 0; n < mm_->nodes(); ++n) {
      const NodeId id{static_cast<std::int32_t>(n)};
      for (const Zone& z : mm_->node(id).zones) s.zones.push_back(zone(z));
      s.fallback.emplace_back();
      for (const NodeId other : mm_->fallback_order(id)) s.fallback.back().push_back(other.value);
    }
    for (std::size_t b = 0; b < hotplug_->blocks().size(); ++b) {
      const MemoryBlock& block = hotplug_->blocks()[b];
      if (block.present())
        s.blocks.emplace_back(b, static_cast<int>(block.state), block.node.value);
    }
    s.memmap_pages = hotplug_->nr_memmap_pages();
    s.leaves_1g = hotplug_->page_tables().direct_map_leaves(2);
    s.leaves_2m = hotplug_->page_tables().direct_map_leaves(1);
    s.tables = hotplug_->page_tables().table_pages();
    s.min_free = mm_->min_free_kbytes();
    return s;
  }
  ZoneState zone(const Zone& z) const {
    ZoneState s{z.zone_start_pfn.value,
                z.spanned_pages.value,
                z.present_pages.value,
                z.managed_pages.value,
                z.free_pages().value,
                z.in_use_pages.value,
                {},
                z.watermark,
                z.lowmem_reserve};
    for (int o = 0; o <= kMaxOrder; ++o)
      s.free_blocks[static_cast<std::size_t>(o)] = z.buddy.free_blocks(o);
    return s;
  }
  ZoneState zone(NodeId n, ZoneType t) const { return zone(mm_->zone(n, t)); }
  const HotplugCounters& counters() const { return hotplug_->counters(); }
  Mm& mm() { return *mm_; }

 private:
  static bool run(Task<OpResult> task) {
    return CountingHost::run(std::move(task)).status == Status::ok;
  }
  template <class F>
  bool each_block(PfnRange range, F&& f) {
    for (Pfn p = range.start; p < range.end; p += hotplug_->block_pages())
      if (!f(hotplug_->block_of(p))) return false;
    return true;
  }

  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

std::string any_placement() {
  return *rc::gen::element<std::string>("boot_memory", "hotplugged_range");
}
OnlineType any_type() {
  return *rc::gen::element(OnlineType::online_kernel, OnlineType::online_movable);
}
Bytes any_block() {
  return Bytes{*rc::gen::element<std::int64_t>(128, 256, 512, 1024, 2048) * kMiB};
}

/// A range of 1 to `most` blocks that begins within the first 64 blocks from 64 GiB on.
PfnRange any_range(Bytes block, std::int64_t most) {
  const std::int64_t first = 64 * kGiB / block.value + *rc::gen::inRange<std::int64_t>(0, 64);
  const std::int64_t n = *rc::gen::inRange<std::int64_t>(1, most + 1);
  return {pfn_of(block * first), pfn_of(block * (first + n))};
}

// Table pages of the direct map's 512 GiB slots stay, as in the kernel, and slab objects of section
// descriptors; a warm-up with the same range takes them once. Watermarks are recomputed at every
// onlining, so they too are as after a warm-up.
RC_GTEST_PROP(hotplug, what_is_added_and_removed_again_leaves_no_trace, ()) {
  const Bytes block = any_block();
  Machine machine(any_placement(), block);
  const NodeId node{*rc::gen::inRange(0, 4)};
  const OnlineType type = any_type();
  const PfnRange range = any_range(block, 24);
  const auto cycle = [&] {
    return machine.add_and_online(node, range, type) && machine.offline(range) &&
           machine.remove(range);
  };
  RC_ASSERT(cycle());
  const State before = machine.state();
  RC_ASSERT(cycle());
  RC_ASSERT(machine.state() == before);
}

// The same without a warm-up, for what no warm-up may hide: the accounting of every zone.
RC_GTEST_PROP(hotplug, a_first_cycle_leaves_zones_blocks_and_memmap_as_at_boot, ()) {
  const Bytes block = any_block();
  Machine machine(any_placement(), block);
  const PfnRange range = any_range(block, 24);
  const State before = machine.state();
  RC_ASSERT(machine.add_and_online(NodeId{2}, range, any_type()));
  RC_ASSERT(machine.offline(range) && machine.remove(range));
  const State after = machine.state();
  for (std::size_t z = 0; z < before.zones.size(); ++z) {
    RC_ASSERT(after.zones[z].start == before.zones[z].start);
    RC_ASSERT(after.zones[z].spanned == before.zones[z].spanned);
    RC_ASSERT(after.zones[z].present == before.zones[z].present);
    RC_ASSERT(after.zones[z].managed == before.zones[z].managed);
  }
  RC_ASSERT(after.blocks == before.blocks);
  RC_ASSERT(after.memmap_pages == before.memmap_pages);
  RC_ASSERT(after.leaves_1g == before.leaves_1g);
  RC_ASSERT(after.leaves_2m == before.leaves_2m);
  RC_ASSERT(after.tables == before.tables);  // boot memory is in the same slots of 512 GiB
  RC_ASSERT(after.min_free == before.min_free);
}

// One add or several: the zones and the memmap are the same, and the direct map covers the same
// memory, though a cut inside a GiB leaves it to 2 MiB leaves.
RC_GTEST_PROP(hotplug, an_add_in_parts_accounts_as_the_whole, ()) {
  const Bytes block = any_block();
  const std::string placement = any_placement();
  const OnlineType type = any_type();
  const PfnRange range = any_range(block, 24);
  Machine whole(placement, block);
  Machine parts(placement, block);
  RC_ASSERT(whole.add(NodeId{2}, range));
  std::int64_t cuts_inside_a_gib = 0;
  for (Pfn p = range.start; p < range.end;) {
    const std::int64_t left = (range.end - p).value / pages_of(block).value;
    const Pfn next = p + pages_of(block) * *rc::gen::inRange<std::int64_t>(1, left + 1);
    RC_ASSERT(parts.add(NodeId{2}, {p, next}));
    cuts_inside_a_gib += next < range.end && next.value % k1GiBPages != 0 ? 1 : 0;
    p = next;
  }
  RC_ASSERT(whole.online(range, type) && parts.online(range, type));
  const State one = whole.state();
  const State several = parts.state();
  const auto covered = [](const State& s) { return s.leaves_1g * 512 + s.leaves_2m; };
  RC_ASSERT(covered(one) == covered(several));
  RC_ASSERT(one.leaves_1g >= several.leaves_1g);
  RC_ASSERT(one.leaves_1g - several.leaves_1g <= cuts_inside_a_gib);
  RC_ASSERT(one.memmap_pages == several.memmap_pages);
  RC_ASSERT(one.blocks == several.blocks);
  RC_ASSERT(whole.counters().memmap_order9 == parts.counters().memmap_order9);
  RC_ASSERT(whole.counters().memmap_pages_range == parts.counters().memmap_pages_range);
  RC_ASSERT(whole.counters().contiguity_checks == parts.counters().contiguity_checks);
  RC_ASSERT(whole.counters().vmemmap_tables == parts.counters().vmemmap_tables);
  // The node's own zones agree in every figure; those that pay for page tables in all but what is
  // free.
  const ZoneType added = type == OnlineType::online_movable ? ZoneType::movable : ZoneType::normal;
  RC_ASSERT(whole.zone(NodeId{2}, added) == parts.zone(NodeId{2}, added));
  for (std::size_t z = 0; z < one.zones.size(); ++z)
    RC_ASSERT(one.zones[z].managed == several.zones[z].managed &&
              one.zones[z].watermark == several.zones[z].watermark);
  if (one.leaves_1g == several.leaves_1g) RC_ASSERT(one.tables == several.tables);
}

// DIMMs of different nodes, whole lives before one another in any order: each node's zones end the
// same. The order may move pages of the nodes that pay, not their number.
RC_GTEST_PROP(hotplug, dimms_of_different_nodes_may_come_in_any_order, ()) {
  const Bytes block = any_block();
  const std::string placement = any_placement();
  const OnlineType types[] = {any_type(), any_type()};
  const std::int64_t sizes[] = {*rc::gen::inRange<std::int64_t>(1, 17),
                                *rc::gen::inRange<std::int64_t>(1, 17)};
  // Each DIMM has a slot of its own, so that they share no table page.
  const auto range = [&](std::int64_t i) {
    const Pfn start = pfn_of(Bytes{(1 + i) * kTiB});
    return PfnRange{start, start + pages_of(block) * sizes[i]};
  };
  Machine forth(placement, block);
  Machine back(placement, block);
  for (const int i : {0, 1}) RC_ASSERT(forth.add_and_online(NodeId{2 + i}, range(i), types[i]));
  for (const int i : {1, 0}) RC_ASSERT(back.add_and_online(NodeId{2 + i}, range(i), types[i]));
  const State a = forth.state();
  const State b = back.state();
  for (std::size_t z = 0; z < a.zones.size(); ++z) {
    RC_ASSERT(a.zones[z].start == b.zones[z].start);
    RC_ASSERT(a.zones[z].spanned == b.zones[z].spanned);
    RC_ASSERT(a.zones[z].present == b.zones[z].present);
    RC_ASSERT(a.zones[z].managed == b.zones[z].managed);
    RC_ASSERT(a.zones[z].watermark == b.zones[z].watermark);
    RC_ASSERT(a.zones[z].lowmem_reserve == b.zones[z].lowmem_reserve);
  }
  RC_ASSERT(a.blocks == b.blocks);
  RC_ASSERT(a.memmap_pages == b.memmap_pages);
  RC_ASSERT(a.leaves_1g == b.leaves_1g && a.leaves_2m == b.leaves_2m && a.tables == b.tables);
  RC_ASSERT(forth.mm().mem_free() == back.mm().mem_free());
  RC_ASSERT(forth.counters().contiguity_checks == back.counters().contiguity_checks);
}

// The same two DIMMs on each other's nodes, which are alike: the nodes' figures change places.
RC_GTEST_PROP(hotplug, exchanging_alike_nodes_exchanges_their_zones, ()) {
  const Bytes block = any_block();
  const std::string placement = any_placement();
  const OnlineType types[] = {any_type(), any_type()};
  const std::int64_t sizes[] = {*rc::gen::inRange<std::int64_t>(1, 17),
                                *rc::gen::inRange<std::int64_t>(1, 17)};
  Machine straight(placement, block);
  Machine crossed(placement, block);
  for (const int i : {0, 1}) {
    const Pfn start = pfn_of(Bytes{(1 + i) * kTiB});
    const PfnRange range{start, start + pages_of(block) * sizes[i]};
    RC_ASSERT(straight.add_and_online(NodeId{2 + i}, range, types[i]));
    RC_ASSERT(crossed.add_and_online(NodeId{3 - i}, range, types[i]));
  }
  for (const ZoneType t : {ZoneType::normal, ZoneType::movable}) {
    for (const int i : {0, 1}) {
      const ZoneState a = straight.zone(NodeId{2 + i}, t);
      const ZoneState b = crossed.zone(NodeId{3 - i}, t);
      RC_ASSERT(a.start == b.start && a.spanned == b.spanned && a.present == b.present);
      RC_ASSERT(a.managed == b.managed && a.watermark == b.watermark);
    }
  }
  RC_ASSERT(straight.mm().mem_free() == crossed.mm().mem_free());
}

}  // namespace
}  // namespace mhp::kernel::metamorphic_test
