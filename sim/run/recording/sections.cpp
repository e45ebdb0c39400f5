#include <algorithm>

#include "sim/kernel/vmemmap.hpp"
#include "sim/run/recording/recorder.hpp"

namespace mhp::run {

namespace {

using kernel::MemoryBlock;
using Kind = SectionRun::Kind;
using Owner = SectionRun::Owner;

/// Collects runs, in ascending order, and joins neighbours that have one story.
class SectionMap {
 public:
  explicit SectionMap(System& system)
      : system_(system),
        hotplug_(system.hotplug),
        vmemmap_(system.boot.struct_page_size, system.mm.geometry(),
                 system.boot.arch.vmemmap == kernel::VmemmapMapping::base_pages) {}

  std::vector<SectionRun> take() {
    for (std::size_t i = 0; i < hotplug_.blocks().size(); ++i) {
      const BlockId block{static_cast<std::int32_t>(i)};
      if (!hotplug_.block(block).present()) continue;
      hotplug_.block(block).boot ? add_boot(block) : add_hot_added(block);
    }
    for (const auto& [start, map] : hotplug_.device_memmap().maps()) add_device(map);
    std::stable_sort(runs_.begin(), runs_.end(), [](const SectionRun& a, const SectionRun& b) {
      return a.memory.start < b.memory.start;
    });
    return std::move(runs_);
  }

 private:
  PageCount memmap_pages(PfnRange range) const {
    return PageCount{vmemmap_.page_of(range.end) - vmemmap_.page_of(range.start)};
  }

  SectionRun story_of(BlockId id, PfnRange memory) const {
    const MemoryBlock& block = hotplug_.block(id);
    SectionRun run;
    run.memory = memory;
    run.kind = block.boot ? Kind::boot : Kind::hot_added;
    run.online = block.state == MemoryBlock::State::online;
    run.node = block.node;
    run.block = id;
    if (run.online) run.zone = zone_at(memory.start, block.zone);
    run.memmap_pages = memmap_pages(memory);
    return run;
  }

  /// The zone of a page frame; of one that is in none (a head), that of its block.
  kernel::ZoneType zone_at(Pfn pfn, kernel::ZoneType of_block) const {
    const kernel::Zone* zone = system_.mm.zone_of(pfn);
    return zone == nullptr ? of_block : zone->type;
  }

  void pay(SectionRun& run, Pfn memmap, NodeId node, Owner owner) const {
    run.memmap = memmap;
    run.memmap_node = node;
    run.owner = owner;
    if (const kernel::Zone* zone = system_.mm.zone_of(memmap); zone != nullptr)
      run.memmap_zone = zone->type;
  }

  /// Calls f(part, first page frame of its memmap) for the parts of boot memory whose memmap is
  /// known; false if nobody knows where that of this range lies.
  template <class F>
  bool for_each_boot_part(PfnRange range, F&& f) const {
    bool known = false;
    for (const kernel::BootMemmap& map : system_.boot.memmaps) {
      const std::int64_t base = vmemmap_.page_of(map.memory.start);
      Pfn from = std::max(range.start, map.memory.start);
      const Pfn to = std::min(range.end, map.memory.end);
      if (!(from < to)) continue;
      known = true;
      std::int64_t before = 0;  // pages of the map in the stretches so far
      for (const PfnRange& at : map.at) {
        const std::int64_t end = before + at.pages().value;
        const std::int64_t page = vmemmap_.page_of(from) - base;
        const bool last = &at == &map.at.back();  // pages that are filled in part count as none
        if (from < to && (page < end || last)) {
          const Pfn until = last ? to : std::min(to, vmemmap_.first_in(base + end));
          f(PfnRange{from, until}, at.start + PageCount{page - before});
          from = until;
        }
        before = end;
      }
    }
    return known;
  }

  // Holes of boot memory have struct pages as well where a section has memory: only memory counts.
  void add_boot(BlockId id) {
    const PfnRange range = hotplug_.block_range(id);
    for (const PfnRange& memory : system_.boot.memory) {
      Pfn from = std::max(range.start, memory.start);
      const Pfn to = std::min(range.end, memory.end);
      while (from < to) {  // a block may have memory of several zones
        const kernel::Zone* zone = system_.mm.zone_of(from);
        const Pfn end = zone == nullptr ? to : std::min(to, zone->zone_end_pfn());
        add_boot_part(id, {from, end});
        from = end;
      }
    }
  }

  void add_boot_part(BlockId id, PfnRange part) {
    const bool known = for_each_boot_part(part, [&](PfnRange piece, Pfn memmap) {
      SectionRun run = story_of(id, piece);
      pay(run, memmap, node_of(memmap, run.node), Owner::boot_memory);
      add(std::move(run));
    });
    if (!known) add(story_of(id, part));
  }

  NodeId node_of(Pfn pfn, NodeId otherwise) const {
    const BlockId id = hotplug_.block_of(pfn);
    return hotplug_.block(id).present() ? hotplug_.block(id).node : otherwise;
  }

  void add_hot_added(BlockId id) {
    const MemoryBlock& block = hotplug_.block(id);
    const PfnRange range = hotplug_.block_range(id);
    const kernel::MemmapOrigin& origin = block.plan.memmap;
    const PageCount section{system_.mm.geometry().section_pages()};
    for (Pfn p = range.start; p < range.end; p += section) {
      SectionRun run = story_of(id, {p, std::min(p + section, range.end)});
      if (!block.populated) {
        run.owner = Owner::none;
        run.memmap_pages = PageCount{0};
        add(std::move(run));
        continue;
      }
      Pfn memmap = hotplug_.memmap_pfn(p);
      if (!origin.from_page_allocator()) memmap += memmap_pages({range.start, p});
      const BlockId in = hotplug_.block_of(memmap);
      Owner owner = in == id                  ? Owner::own_head
                    : hotplug_.block(in).boot ? Owner::boot_memory
                                              : Owner::other_block;
      if (origin.source == kernel::MemmapOrigin::Source::reservation) owner = Owner::reservation;
      pay(run, memmap, hotplug_.memmap_node(p), owner);
      add(std::move(run));
    }
  }

  void add_device(const kernel::DeviceMemmap::Map& map) {
    SectionRun run;
    run.memory = {map.pagemap.range.start, map.failed ? std::min(map.reached, map.pagemap.range.end)
                                                      : map.pagemap.range.end};
    if (run.memory.empty()) return;
    run.kind = Kind::device;
    run.online = true;
    run.node = map.pagemap.target_node;
    run.block = hotplug_.block_of(run.memory.start);
    run.zone = kernel::ZoneType::device;
    run.memmap_pages = map.pages + map.altmap_used;
    if (map.pagemap.altmap)
      pay(run, run.memory.start + map.pagemap.reserve, map.lies_on, Owner::device);
    else if (!map.taken.empty())
      pay(run, map.taken.front().first, map.lies_on,
          hotplug_.block(hotplug_.block_of(map.taken.front().first)).boot ? Owner::boot_memory
                                                                          : Owner::other_block);
    runs_.push_back(std::move(run));
  }

  static bool one_story(const SectionRun& a, const SectionRun& b) {
    const bool memmap_follows =
        a.memmap.value < 0 ? b.memmap.value < 0 : a.memmap + a.memmap_pages == b.memmap;
    return a.memory.end == b.memory.start && memmap_follows && a.kind == b.kind &&
           a.online == b.online && a.node == b.node && a.zone == b.zone && a.owner == b.owner &&
           a.memmap_node == b.memmap_node && a.memmap_zone == b.memmap_zone;
  }

  void add(SectionRun run) {
    if (runs_.empty() || !one_story(runs_.back(), run)) {
      runs_.push_back(std::move(run));
      return;
    }
    runs_.back().memory.end = run.memory.end;
    runs_.back().memmap_pages += run.memmap_pages;
  }

  System& system_;
  const kernel::MemoryHotplug& hotplug_;
  const kernel::Vmemmap vmemmap_;
  std::vector<SectionRun> runs_;
};

}  // namespace

std::vector<SectionRun> section_runs(System& system) { return SectionMap(system).take(); }

}  // namespace mhp::run
