#include "sim/kernel/hotplug/hotplug.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

namespace {
/// Answer for numbers past the last memory block.
constexpr MemoryBlock kAbsent{};
}  // namespace

MemoryHotplug::MemoryHotplug(Mm& mm, const BootState& boot, const KernelConfig& config)
    : mm_(mm),
      profile_(mm.profile()),
      policy_(placements().find(config.memmap_placement)),
      config_(config),
      arch_(boot.arch),
      geometry_(boot.arch.geometry()),
      guest_(boot.cpu.hypervisor),
      host_page_(std::max<std::int64_t>(1, geometry_.pages_of(boot.cpu.host_page_size).value)),
      block_pages_(boot.block_pages),
      physical_end_(geometry_.pfn_of(Bytes{std::int64_t{1} << boot.cpu.physical_address_bits})),
      struct_pages_(boot.struct_page_size, geometry_,
                    boot.arch.vmemmap == VmemmapMapping::base_pages),
      tables_(table_shape(arch_, {.pud_leaves = boot.cpu.pdpe1gb,
                                  .five_levels = arch_.five_levels && boot.cpu.la57,
                                  .single_pages = config.direct_map_may_split(),
                                  .block_pages = boot.block_pages,
                                  .first_memory = boot.memory.front().start}),
              struct_pages_),
      backing_(struct_pages_),
      page_ext_(mm, config.page_ext),
      heads_(PageCount{geometry_.section_pages()}),
      reservation_(boot.memmap_reservation),
      root_spares_(mm.nodes(), 0),
      of_nodes_(mm.nodes()),
      boot_memory_(boot.memory) {
  mm_.reclaim().set_memmap([this](Pfn pfn) {
    const std::int64_t section = geometry_.section_of(pfn);
    const std::int64_t leaf = struct_pages_.page_of(pfn) / struct_pages_.leaf_pages();
    return MemmapPlace{backing_.node_of(section), backing_.base_pages(leaf),
                       tables_.gigabyte_leaf(pfn), struct_pages_.struct_pages_a_page()};
  });
  if (arch_.frees_hugetlb_vmemmap && VmemmapOptimizer::wanted(config, profile_)) {
    vmemmap_ = std::make_unique<VmemmapOptimizer>(
        mm_, boot, struct_pages_, backing_, tables_, counters_,
        [this](Pfn pfn) { return block(block_of(pfn)).plan.memmap.in_added_memory(); });
    mm_.set_huge_page_vmemmap(vmemmap_.get());
  }
  MHP_INVARIANT(policy_ != nullptr, "no placement policy '{}'", config.memmap_placement);
  for (const PfnRange& r : boot.memory) {
    tables_.map_at_boot(r);
    early_sections_.insert(geometry_.section_of(r.start), geometry_.sections_end(r.end));
    if (const auto last = root_of(geometry_.section_of(r.end - PageCount{1})))
      roots_.insert(*root_of(geometry_.section_of(r.start)), *last + 1);
  }
  // Slabs with room are on nodes whose processors have allocated since boot.
  for (std::size_t n = 0; n < mm.nodes(); ++n) {
    if (boot.nodes[n].has_memory && boot.nodes[n].cpus > 0) root_spares_[n] = kRootsPerSlab;
    of_nodes_[n].from_boot = boot.nodes[n].online;
  }
  // MAX_PHYSMEM_BITS; randomisation of the direct map may leave less (kernel_randomize_memory).
  direct_map_end_ = geometry_.pfn_of(
      Bytes{std::int64_t{1} << (arch_.five_levels && boot.cpu.la57 ? 52 : arch_.direct_map_bits)});
  if (const Bytes padding = profile_.kaslr_direct_map_padding; config.kaslr && padding.value > 0) {
    const Bytes boot_end = geometry_.address_of(boot.memory.back().end);
    direct_map_end_ = std::min(direct_map_end_,
                               geometry_.pfn_of(Bytes{round_up(boot_end.value, kTiB)} + padding));
  }
  for (const BootBlocks& run : boot.blocks) {
    if (blocks_.size() <= static_cast<std::size_t>(run.last))
      blocks_.resize(static_cast<std::size_t>(run.last) + 1);
    for (std::int64_t b = run.first; b <= run.last; ++b) {
      MemoryBlock& block = blocks_[static_cast<std::size_t>(b)];
      block.state = MemoryBlock::State::online;
      block.node = run.node;
      block.boot = true;
      block.plan.online_unit = block.plan.away_unit =
          block_range(BlockId{static_cast<std::int32_t>(b)});
    }
    const std::int64_t sections = geometry_.sections(block_pages_);
    backing_.add_sections(run.first * sections, (run.last + 1) * sections, run.node);
  }
  early_sections_.for_each_in(0, no_section(), [this](const auto& early) {
    backing_.for_each_node(early.start, early.end,
                           [this](NodeId node, std::int64_t first, std::int64_t end) {
                             page_ext_.boot(first, end, node);
                           });
  });
}

const MemoryBlock& MemoryHotplug::block(BlockId b) const {
  return b.valid() && b.index() < blocks_.size() ? blocks_[b.index()] : kAbsent;
}

OnlineUnit MemoryHotplug::unit_of(const MemoryBlock& block) const {
  const PfnRange range = block.plan.online_unit;
  OnlineUnit unit{range, {range.start, range.start}, {}};
  for (Pfn p = range.start; p == unit.head.end && p < range.end; p += block_pages_)
    unit.head.end += this->block(block_of(p)).plan.head;
  unit.rest = {unit.head.end, range.end};
  return unit;
}

Pfn MemoryHotplug::memmap_pfn(Pfn block_start) const {
  const MemmapOrigin& memmap = block(block_of(block_start)).plan.memmap;
  if (!memmap.from_page_allocator()) return memmap.at;
  return backing_.pfn_of(struct_pages_.page_of(block_start)).value_or(block_start);
}

std::int32_t MemoryHotplug::register_dynamic_group(NodeId node, PageCount unit) {
  groups_.push_back({node, true, unit, PageCount{0}, PageCount{0}});
  return static_cast<std::int32_t>(groups_.size()) - 1;
}

// auto_movable_zone_for_pfn (5.15 and later): a unit with memory in a kernel zone gets no Movable
// memory, and what is still missing of it must fit into the ratio as a whole.
bool MemoryHotplug::auto_movable(const MemoryBlock& block, PfnRange range) const {
  PageCount more = block_pages_;
  if (block.group >= 0) {
    const MemoryGroup& group = groups_[static_cast<std::size_t>(block.group)];
    more = group.unit;
    if (!group.dynamic) {
      if (group.present_kernel_pages.value > 0) return false;
      more -= group.present_movable_pages;
    } else {
      const Pfn first{round_down(range.start.value, group.unit.value)};
      for (Pfn p = first; p < first + group.unit; p += block_pages_) {
        const MemoryBlock& other = this->block(block_of(p));
        if (other.state != MemoryBlock::State::online) continue;
        if (is_kernel_zone(other.zone)) return false;
        more -= block_pages_;
      }
    }
  }
  return movable_ratio_allows(NodeId{}, more, block.group) &&
         (!config_.auto_movable_numa_aware || movable_ratio_allows(block.node, more, block.group));
}

// auto_movable_can_online_movable: Movable memory, `more` included, against the boot memory of
// kernel zones, of one node or (an invalid id) of all. Other dynamic groups keep what they need for
// their own Movable memory (auto_movable_stats_account_group); the kernel memory of the group that
// asks counts for it, if the group is dynamic.
bool MemoryHotplug::movable_ratio_allows(NodeId node, PageCount more, std::int32_t asking) const {
  const std::int64_t ratio = config_.auto_movable_ratio;
  PageCount kernel;
  PageCount movable = more;
  for (std::size_t n = 0; n < mm_.nodes(); ++n) {
    const NodeId id{static_cast<std::int32_t>(n)};
    if (node.valid() && id != node) continue;
    for (const Zone& z : mm_.node(id).zones)
      is_kernel_zone(z.type) ? kernel += z.present_early_pages : movable += z.present_pages;
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const MemoryGroup& group = groups_[g];
    if (!group.dynamic) continue;
    if (static_cast<std::int32_t>(g) == asking) {
      kernel += group.present_kernel_pages;
    } else if (ratio > 0 && (!node.valid() || group.node == node)) {
      const PageCount needed = group.present_movable_pages * 100 / ratio;
      kernel -= std::max(PageCount{0}, needed - group.present_kernel_pages);
      movable -= group.present_movable_pages;
    }
  }
  return movable <= kernel * ratio / 100;
}

void MemoryHotplug::account_group(const MemoryBlock& block, ZoneType zone, PageCount change) {
  if (block.group < 0) return;
  MemoryGroup& group = groups_[static_cast<std::size_t>(block.group)];
  (is_kernel_zone(zone) ? group.present_kernel_pages : group.present_movable_pages) += change;
}

// zone_for_pfn_range: the kernel zone whose span the range meets, else Normal.
ZoneType MemoryHotplug::zone_for(const MemoryBlock& block, PfnRange range, OnlineType type) const {
  const auto meets = [&](ZoneType t) {
    const Zone& z = mm_.zone(block.node, t);
    return !z.spans_nothing() && range.start < z.zone_end_pfn() && z.zone_start_pfn < range.end;
  };
  ZoneType kernel_zone = ZoneType::normal;
  for (const ZoneType t : {ZoneType::dma32, ZoneType::dma})
    if (meets(t)) kernel_zone = t;
  if (type == OnlineType::online_movable) return ZoneType::movable;
  if (type == OnlineType::online_kernel) return kernel_zone;
  if (config_.online_policy == OnlinePolicy::auto_movable)
    return auto_movable(block, range) ? ZoneType::movable : kernel_zone;
  // default_zone_for_pfn: the only one of the two whose span the range meets; if both or neither,
  // the kernel zone, unless movable_node says otherwise.
  if (const bool kernel = meets(kernel_zone); kernel != meets(ZoneType::movable))
    return kernel ? kernel_zone : ZoneType::movable;
  return config_.movable_node ? ZoneType::movable : kernel_zone;
}

std::vector<ZoneType> MemoryHotplug::valid_zones(BlockId b) const {
  const MemoryBlock& block = this->block(b);
  const PfnRange range = block_range(b);
  if (block.state == MemoryBlock::State::online) {
    // A block that holds parts of several zones, of boot memory of several nodes, too, or none,
    // has no zone (early_node_zone_for_memory_block).
    std::vector<ZoneType> in;
    for (std::size_t n = 0; n < mm_.nodes(); ++n)
      for (const Zone& zone : mm_.node(NodeId{static_cast<std::int32_t>(n)}).zones)
        if ((block.boot || zone.node == block.node) &&
            zone.online.covered(range.start.value, range.end.value) > 0)
          in.push_back(zone.type);
    return in.size() == 1 ? in : std::vector<ZoneType>{};
  }
  std::vector<ZoneType> zones{zone_for(block, range, OnlineType::online)};
  for (const OnlineType type : {OnlineType::online_kernel, OnlineType::online_movable})
    if (const ZoneType z = zone_for(block, range, type); z != zones.front()) zones.push_back(z);
  return zones;
}

std::int64_t MemoryHotplug::gigantic_pages_possible(PfnRange range) const {
  std::int64_t possible = 0;
  const PageCount size = gigantic_page();
  for (Pfn p{round_up(range.start.value, size.value)}; p + size <= range.end; p += size) {
    const PfnRange gib{p, p + size};
    const MemoryBlock& block = this->block(block_of(gib.start));
    if (block.state != MemoryBlock::State::online) continue;
    if (fake_offline_.covered(gib.start.value, gib.end.value) > 0) continue;
    const Zone& zone = mm_.zone(block.node, block.zone);
    if (!gigantic_pages_from(mm_, zone.type)) continue;
    if (Mm::contig_possible(zone, gib)) ++possible;
  }
  return possible;
}

PageCount MemoryHotplug::struct_pages_off_node(PfnRange range) const {
  PageCount n;
  backing_.for_each_node(geometry_.section_of(range.start), geometry_.section_of(range.end),
                         [&](NodeId node, std::int64_t first, std::int64_t end) {
                           for (std::int64_t s = first; s < end; ++s) {
                             const MemoryBlock& block =
                                 this->block(block_of(geometry_.section_start(s)));
                             if (block.present() && block.node != node)
                               n += PageCount{geometry_.section_pages()};
                           }
                         });
  return n;
}

// SECTION_NR_TO_ROOT: descriptors of 32 bytes, as many as a page has.
std::optional<std::int64_t> MemoryHotplug::root_of(std::int64_t section) const {
  const std::int64_t sections = geometry_.contents(profile_.sections_per_root);
  return sections > 0 ? std::optional(section / sections) : std::nullopt;
}

// sparse_index_init: the page of section descriptors comes from the memory's own node if that has
// memory for it, and stays for good.
Task<bool> MemoryHotplug::take_root(Host& host, std::int64_t section, AddRequest rq,
                                    Receipt& receipt) {
  const auto root = root_of(section);
  if (!root || roots_.contains(*root)) co_return true;
  const NodeId node = mm_.node(rq.node).has_memory ? rq.node : rq.cpu_node;
  std::int64_t& spares = root_spares_[node.index()];
  if (spares == 0) {
    const auto slab = co_await mm_.alloc_pages(
        host, {.node = node, .order = kRootSlabOrder, .retry = Retry::noretry, .kthread = true},
        receipt);
    if (!slab) co_return false;
    counters_.slab_pages += kRootsPerSlab;
    ++root_slabs_;
    spares = kRootsPerSlab;
  }
  --spares;
  roots_.insert(*root, *root + 1);
  co_return true;
}

Bytes MemoryHotplug::slab_bytes() const {
  const Bytes per_block =
      arch_.block_device_slab.value > 0 ? arch_.block_device_slab : profile_.slab_per_block;
  return per_block * slab_blocks_ + profile_.slab_per_section * slab_sections_ + slab_extra_;
}

Task<bool> MemoryHotplug::take_slab(Host& host, std::int64_t& users, NodeId cpu_node,
                                    Receipt& receipt) {
  ++users;
  while (Bytes{static_cast<std::int64_t>(slab_.size()) * geometry_.page_size()} < slab_bytes()) {
    const auto page = co_await mm_.alloc_pages(host, {.node = cpu_node, .kthread = true}, receipt);
    if (!page) co_return false;
    slab_.push_back(page->pfn);
    ++counters_.slab_pages;
  }
  co_return true;
}

void MemoryHotplug::give_slab(std::int64_t& users, Receipt& receipt) {
  --users;
  while (!slab_.empty() && Bytes{(static_cast<std::int64_t>(slab_.size()) - 1) *
                                 geometry_.page_size()} >= slab_bytes()) {
    mm_.free_pages(slab_.back(), 0, receipt);
    slab_.pop_back();
  }
}

}  // namespace mhp::kernel
