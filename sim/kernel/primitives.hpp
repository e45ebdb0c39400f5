#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mhp::kernel {

/// The work that kernel operations consist of, as far as it is counted. `where` of a step is the
/// node whose memory the work touches. A cost model gives each a price; this list knows none.
enum class Primitive : std::uint16_t {
  struct_page_init,  ///< write one struct page (memmap_init_range); where: the memmap
  struct_page_free,  ///< light pass over one struct page when it is handed to the buddy; where: the
                     ///< memmap
  contiguity_check,  ///< look at one pageblock in set_zone_contiguous: first and last struct page;
                     ///< where: the memmap
  pageblock_unisolate,  ///< make one pageblock visible under zone->lock; where: the memmap
  buddy_free_chunk,     ///< free one block of the largest order under zone->lock
  alloc_order9,         ///< take one order-9 block from the page allocator
  alloc_order0,         ///< take one page from the page allocator
  page_table_page,      ///< allocate and clear one page-table page
  page_table_leaf,      ///< write one leaf or table entry
  section_metadata,     ///< usage object, section root and list work of one memory section
  pgd_sync,             ///< visit one process's top-level page table (sync_global_pgds)
  block_device,         ///< register one memory block device with its attributes, links and uevent
  block_state_fixed,    ///< work of bringing one block online or offline that nothing else covers
  percpu_line,        ///< write one per-CPU line of another CPU (watermarks, pagesets, thresholds)
  zonelist_scan,      ///< one distance comparison while zonelists are built
  node_bringup,       ///< create a node: pgdat, sysfs, kernel threads
  pageblock_isolate,  ///< isolate and test one pageblock before offlining; where: the memmap
  migrate_page,       ///< move one page in use elsewhere; where: the page's node
  tlb_flush,          ///< one TLB flush broadcast to all CPUs
  nested_fault,       ///< back 2 MiB of a guest's memory when it is first touched
  struct_page_clear,  ///< clear one struct page before it is initialised (up to 4.14); where:
                      ///< memmap
  locked_bit,         ///< change one flag by a locked instruction (PageReserved, up to 4.20)
  count_
};
inline constexpr std::size_t kPrimitives = static_cast<std::size_t>(Primitive::count_);

/// The names under which cost profiles price them, in the order of the enumeration.
inline constexpr std::array<std::string_view, kPrimitives> kPrimitiveNames{
    "struct_page_init",  "struct_page_free", "contiguity_check", "pageblock_unisolate",
    "buddy_free_chunk",  "alloc_order9",     "alloc_order0",     "page_table_page",
    "page_table_leaf",   "section_metadata", "pgd_sync",         "block_device",
    "block_state_fixed", "percpu_line",      "zonelist_scan",    "node_bringup",
    "pageblock_isolate", "migrate_page",     "tlb_flush",        "nested_fault",
    "struct_page_clear", "locked_bit"};

/// Locks that kernel operations hold while they wait.
enum class Lock : std::uint16_t {
  device_hotplug_lock,  ///< mutex: all adding, removing, onlining and offlining
  mem_hotplug_lock,     ///< percpu rwsem, taken for writing by all of them
  count_
};
inline constexpr std::size_t kLocks = static_cast<std::size_t>(Lock::count_);

/// Conditions that kernel operations wait for.
enum class Condition : std::uint16_t {
  expedited_grace_period,  ///< synchronize_rcu_expedited
};

}  // namespace mhp::kernel
