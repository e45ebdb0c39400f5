// What hot-added memory takes from use, read off the state: add_memory_resource and what it calls,
// Linux 6.12.
#include "sim/kernel/hotplug/overhead.hpp"

#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel {

// Memmap, tables and slab that a failed add has leaked have sections, but no blocks.
MemoryOverhead MemoryHotplug::overhead() const {
  MemoryOverhead now;
  PageCount heads;
  for (const MemoryBlock& block : blocks_) {
    if (!block.present() || block.boot) continue;
    heads += block.plan.head;
    if (block.plan.memmap.in_added_memory()) now.memmap_range += memmap_pages_of(block_pages_);
  }
  now.memmap_boot = backing_.allocated();
  now.page_tables = PageCount{tables_.table_pages()};
  now.slab = PageCount{static_cast<std::int64_t>(slab_.size()) + root_slabs_ * kRootsPerSlab};
  now.waste = heads - now.memmap_range;
  return now;
}

// sparse_init_nid counts every section with boot memory in it, whole.
std::int64_t MemoryHotplug::nr_memmap_boot_pages() const {
  return early_sections_.total() * kSectionMemmapPages;
}

}  // namespace mhp::kernel
