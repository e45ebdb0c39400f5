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
    if (!block.populated || block.boot) continue;
    heads += block.plan.head;
    if (block.plan.memmap.in_added_memory())
      now.memmap_range += struct_pages_.pages_of(block_pages_);
  }
  now.memmap_boot = backing_.allocated(early_sections_);
  if (vmemmap_)
    early_sections_.for_each_gap_in(0, no_section(), [&](std::int64_t first, std::int64_t end) {
      now.memmap_boot -= vmemmap_->without_memory(first, end);
    });
  now.page_ext = page_ext_.pages(early_sections_);
  now.page_tables = PageCount{tables_.table_pages()};
  now.slab = PageCount{static_cast<std::int64_t>(slab_.size()) + root_slabs_ * kRootsPerSlab} +
             of_new_nodes();
  now.waste = heads - now.memmap_range;
  now.memmap_boot += device_memmap_.from_allocator();
  return now;
}

// sparse_init_nid counts every section with boot memory in it, whole.
std::int64_t MemoryHotplug::nr_memmap_boot_pages() const {
  return early_sections_.total() * struct_pages_.section_pages() +
         (vmemmap_ ? vmemmap_->nr_memmap_boot_change() : 0);
}

std::int64_t MemoryHotplug::nr_memmap_pages() const {
  return nr_memmap_pages_ + device_memmap_.nr_memmap_pages() + page_ext_.pages({}).value +
         (vmemmap_ ? vmemmap_->nr_memmap_change() : 0);
}

std::optional<PageCount> MemoryHotplug::hugetlb_vmemmap_saved() const {
  return vmemmap_ ? std::optional(vmemmap_->saved()) : std::nullopt;
}

}  // namespace mhp::kernel
