#pragma once

#include <cstdint>

namespace mhp::kernel {

/// What hot-plug operations have done since boot, in pages, blocks or calls as named. Allocations
/// count when they are made; removal does not take them back.
struct HotplugCounters {
  std::int64_t sections = 0;  ///< sections added
  std::int64_t blocks = 0;    ///< memory block devices registered, each with one add uevent
  std::int64_t altmaps = 0;   ///< altmap descriptors (one per block with its memmap in the range)
  std::int64_t memmap_pages_boot =
      0;  ///< memmap pages from the page allocator, base-page fallback included
  std::int64_t memmap_pages_range = 0;    ///< memmap pages in the heads of added blocks
  std::int64_t memmap_order9 = 0;         ///< leaves allocated for memmap, whatever their order
  std::int64_t memmap_base_pages = 0;     ///< memmap pages allocated one by one
  std::int64_t memmap_pages_cleared = 0;  ///< of memmap_pages_boot, by init_on_alloc
  std::int64_t vmemmap_tables = 0;        ///< page-table pages for the vmemmap
  std::int64_t direct_map_tables = 0;     ///< page-table pages for the direct map
  std::int64_t direct_map_leaves = 0;
  std::int64_t vmemmap_leaves = 0;
  std::int64_t slab_pages = 0;  ///< pages of slab for block devices, section objects and new nodes
  std::int64_t pgd_syncs = 0;   ///< process page tables visited
  std::int64_t struct_pages_initialised = 0;
  std::int64_t head_pages_initialised = 0;  ///< of these, of heads
  std::int64_t head_pages_rewritten = 0;    ///< of these, that had been written before
  std::int64_t head_pages_onlined = 0;      ///< of these, while their block went online
  std::int64_t head_zone_changes = 0;       ///< heads written for another zone than before
  std::int64_t memmap_pages_moved = 0;      ///< copied elsewhere before the block they lay in went
  std::int64_t first_touches =
      0;  ///< pages of the host, in a guest's new memory, that memmap was first written to
  std::int64_t contiguity_checks =
      0;  ///< pageblocks looked at by set_zone_contiguous while onlining
  std::int64_t contiguity_walks = 0;     ///< calls of it
  std::int64_t free_chunks_order10 = 0;  ///< blocks handed to the buddy at onlining, by order
  std::int64_t free_chunks_smaller = 0;
  std::int64_t pageblocks_unisolated = 0;
  std::int64_t wmark_recomputations = 0;  ///< init_per_zone_wmark_min while onlining
  std::int64_t blocks_onlined = 0;
  std::int64_t pages_onlined = 0;  ///< pages that became free at onlining
  std::int64_t pages_offlined = 0;
  std::int64_t pages_given_back = 0;  ///< memmap and page tables, when memory was removed
  std::int64_t contiguity_checks_offline = 0;
  std::int64_t pages_migrated = 0;        ///< pages moved out of blocks that went offline
  std::int64_t pages_reclaimed = 0;       ///< pages reclaimed, by whomever, while they were emptied
  std::int64_t pages_swapped_out = 0;     ///< pages written to swap meanwhile
  std::int64_t tlb_flushes = 0;           ///< TLB flush broadcasts while removing
  std::int64_t unplug_requests = 0;       ///< requests to the host to take memory back
  std::int64_t pages_fake_offlined = 0;   ///< pages that a driver took and marked PageOffline
  std::int64_t pages_cleared = 0;         ///< of these, cleared while they were taken
  std::int64_t host_pages_discarded = 0;  ///< pages of the host that it took back

  /// An addition has failed and was taken back: what it has counted since `before` is not counted.
  /// It holds mem_hotplug_lock; what others count without it stays.
  void take_back_addition(const HotplugCounters& before) {
    const HotplugCounters now = *this;
    *this = before;
    const std::int64_t heads = now.head_pages_initialised - before.head_pages_initialised;
    struct_pages_initialised = now.struct_pages_initialised - heads;
    pages_onlined = now.pages_onlined;
    pages_migrated = now.pages_migrated;
    pages_reclaimed = now.pages_reclaimed;
    pages_swapped_out = now.pages_swapped_out;
    unplug_requests = now.unplug_requests;
    pages_fake_offlined = now.pages_fake_offlined;
    pages_cleared = now.pages_cleared;
    host_pages_discarded = now.host_pages_discarded;
  }
  std::int64_t page_table_pages() const { return vmemmap_tables + direct_map_tables; }
  bool operator==(const HotplugCounters&) const = default;
};

}  // namespace mhp::kernel
