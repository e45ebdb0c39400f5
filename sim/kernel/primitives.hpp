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
  rmqueue,              ///< take one block off a free list, under zone->lock
  free_one_page,        ///< put one block on a free list and merge it, under zone->lock
  alloc_pages,          ///< one call of the allocator, besides what is done under zone->lock
  free_pages,           ///< the same for giving a block back
  free_tail_page,       ///< one page of a block that is given back, besides the first
  page_table_page,      ///< allocate and clear 4 KiB of page tables
  page_table_leaf,      ///< write one leaf or table entry
  section_metadata,     ///< usage object, section root and list work of one memory section
  pgd_sync,             ///< visit one process's top-level page table (sync_global_pgds)
  block_device,         ///< register one memory block device with its attributes, links and uevent
  block_state_fixed,    ///< work of bringing one block online or offline that nothing else covers
  percpu_line,        ///< write one per-CPU line of another CPU (watermarks, pagesets, thresholds)
  zonelist_scan,      ///< one distance comparison while zonelists are built
  node_bringup,       ///< create a node: pgdat, sysfs, kernel threads
  pageblock_isolate,  ///< isolate and test one pageblock, besides its pages; where: the memmap
  unmovable_scan,     ///< look whether one page could be moved, under zone->lock (every page of
                      ///< ZONE_MOVABLE, those in use elsewhere); where: the memmap
  movable_scan,       ///< look whether one page of a block that goes offline has to move; where:
                      ///< the memmap
  contig_page,        ///< take one page of an isolated range and mark it PageOffline; where: memmap
  offline_page,       ///< one such page when its block goes offline, besides what a free one costs;
                      ///< where: the memmap
  page_clear,         ///< clear 4 KiB that alloc_contig_range takes; where: the page
  migrate_page,       ///< move 4 KiB of pages in use elsewhere; where: the page's node
  tlb_flush,          ///< one TLB flush broadcast to all CPUs
  nested_fault,       ///< back 2 MiB of a guest's memory when it is first touched
  nested_fault_base,  ///< the same of 4 KiB, by a host that has no huge pages for its guest
  unplug_request,     ///< a guest asks its host to take memory back, until that has answered
  nested_zap,         ///< the host takes 2 MiB back that back a guest's memory
  nested_zap_base,    ///< the same of 4 KiB
  meminit_pfn_in_nid,  ///< look up one page's node while the boot's memmap is initialised or freed
                       ///< (early_pfn_in_nid, meminit_pfn_in_nid; 3.10 to 5.1)
  set_page_reserved,   ///< mark one struct page reserved by a locked operation while it is
                       ///< initialised (memmap_init_zone up to 4.19); where: the memmap
  struct_page_clear,   ///< clear one struct page before it is initialised (up to 4.14); where:
                       ///< memmap
  struct_page_memset,  ///< clear one by a call of memset while it is initialised (4.15 to 5.1),
                       ///< besides what the stores of struct_page_init take; where: memmap
  compound_tail,       ///< make one struct page a tail of a compound page; where: the memmap
  page_ref_freeze,     ///< bring its count to 0 by compare-and-exchange, while it is cached
  list_element,        ///< pass one device of a list of memory blocks (up to 5.5)
  array_element,       ///< pass one record of an array of memory blocks (up to 5.6)
  lru_scan,            ///< isolate one page from an LRU list and look at it; where: the memmap
  lru_move,            ///< put one page on another list; where: the memmap
  page_unmap,          ///< take one page out of the page tables that map it
  page_reclaim,        ///< drop one clean page from its mapping and free it; where: the memmap
  swap_out_page,       ///< give 4 KiB of a page its place in swap and hand it to the device
                       ///< (add_to_swap, swap_writepage); where: the page's node
  writeback_page,      ///< write 4 KiB of a page to its backing store
  compact_scan,        ///< look at one page frame in a scanner of compaction; where: the memmap
  struct_page_touch,   ///< one visit of a cold struct page: allocation, free, fault; where: memmap
  struct_page_next,    ///< one visit of the struct page behind it, fetched ahead; where: memmap
  memmap_walk,         ///< a TLB miss on a part of the memmap that is mapped by base pages
  direct_map_walk,     ///< a TLB miss on a page in a direct-map leaf below 1 GiB; where: the page
  memory_line,         ///< one line of 64 bytes that a process reads or writes; where: the memory
  kernel_init_page,    ///< clear 4 KiB that the allocator hands out (kernel_init_pages); where:
                       ///< the page
  count_
};
inline constexpr std::size_t kPrimitives = static_cast<std::size_t>(Primitive::count_);

/// The names under which cost profiles price them, in the order of the enumeration.
inline constexpr std::array<std::string_view, kPrimitives> kPrimitiveNames{
    "struct_page_init",  "struct_page_free",  "contiguity_check",   "pageblock_unisolate",
    "rmqueue",           "free_one_page",     "alloc_pages",        "free_pages",
    "free_tail_page",    "page_table_page",   "page_table_leaf",    "section_metadata",
    "pgd_sync",          "block_device",      "block_state_fixed",  "percpu_line",
    "zonelist_scan",     "node_bringup",      "pageblock_isolate",  "unmovable_scan",
    "movable_scan",      "contig_page",       "offline_page",       "page_clear",
    "migrate_page",      "tlb_flush",         "nested_fault",       "nested_fault_base",
    "unplug_request",    "nested_zap",        "nested_zap_base",    "meminit_pfn_in_nid",
    "set_page_reserved", "struct_page_clear", "struct_page_memset", "compound_tail",
    "page_ref_freeze",   "list_element",      "array_element",      "lru_scan",
    "lru_move",          "page_unmap",        "page_reclaim",       "swap_out_page",
    "writeback_page",    "compact_scan",      "struct_page_touch",  "struct_page_next",
    "memmap_walk",       "direct_map_walk",   "memory_line",        "kernel_init_page"};

/// What a primitive that passes over neighbouring struct pages touches of each.
enum class StructPagePart : std::uint8_t {
  none,   ///< it passes over none, or over one here and there
  field,  ///< a few fields: one line, which struct pages that are smaller share
  whole,
};
constexpr StructPagePart part_of_struct_page(Primitive p) {
  switch (p) {
    case Primitive::struct_page_init:
    case Primitive::struct_page_clear:
      return StructPagePart::whole;
    case Primitive::struct_page_free:
    case Primitive::free_tail_page:
    case Primitive::unmovable_scan:
    case Primitive::movable_scan:
    case Primitive::contig_page:
    case Primitive::offline_page:
    case Primitive::set_page_reserved:
    case Primitive::compound_tail:
    case Primitive::compact_scan:
    case Primitive::struct_page_next:
      return StructPagePart::field;
    default:
      return StructPagePart::none;
  }
}

/// Primitives that are done to a struct page or pageblock in one pass: they share its lines.
struct Pass {
  Primitive first = Primitive::struct_page_init;
  std::uint64_t with = 0;  ///< the others, a bit each

  constexpr Pass(Primitive only) : first(only) {}  // NOLINT(google-explicit-constructor)
  constexpr Pass(Primitive one, Primitive other) : first(one), with(bit(other)) {}
  static constexpr std::uint64_t bit(Primitive p) {
    return std::uint64_t{1} << static_cast<unsigned>(p);
  }
  constexpr void add(Primitive p) { with |= bit(p); }
  constexpr bool does(Primitive p) const { return first == p || (with & bit(p)) != 0; }
};
static_assert(kPrimitives <= 64, "a pass has a bit for each primitive");

/// Some of the primitives: a bit for each (Pass::bit).
using PrimitiveSet = std::uint64_t;

/// Locks that kernel operations hold while they wait.
enum class Lock : std::uint16_t {
  device_hotplug_lock,  ///< mutex: all adding, removing, onlining and offlining
  mem_hotplug_lock,     ///< percpu rwsem, taken for writing by all of them
  mem_sysfs_mutex,      ///< mutex: adding to and taking from the list of memory blocks (up to 4.20)
  hugetlb_lock,         ///< spinlock of the pools of huge pages
  zone_lock,            ///< spinlock of a zone (`where`: zone_index); under it nobody waits
  vm_zone_stat,         ///< no lock, but whoever writes it has it alone: the line of the machine's
                        ///< counter of free pages; released as soon as it is written
  count_
};
inline constexpr std::size_t kLocks = static_cast<std::size_t>(Lock::count_);

/// Lines of struct zone that every holder of its lock writes, and that come from the CPU that held
/// it before (percpu_line): the lock, a free list, the count of free pages.
inline constexpr std::int64_t kZoneLockLines = 3;

/// Holds of a zone's lock that onlining and offlining simulate as one: the kernel takes it for each
/// block that it frees and for each pageblock that it isolates or makes visible. What a coarser
/// grain changes is how long others wait at a time, not how much is held or how often.
inline constexpr std::int64_t kZoneLockGrain = 64;

/// Ticks of the kernel's clock in a second (CONFIG_HZ of Debian on x86-64).
inline constexpr std::int64_t kHz = 250;

/// Conditions that kernel operations wait for.
enum class Condition : std::uint16_t {
  expedited_grace_period,  ///< synchronize_rcu_expedited
  grace_period,            ///< synchronize_rcu
  timeout,                 ///< a number of ticks of the kernel's clock has passed
  kswapd_wakeup,           ///< somebody woke the node's kswapd
  kcompactd_wakeup,        ///< somebody woke the node's kcompactd
  writeback_wakeup,        ///< reclaim has found pages that must be written back
  writeback_end,           ///< a request of writeback has ended
  pfmemalloc_wait,         ///< the node has enough of its reserves for direct reclaim to go on
};

/// States of a task that hosts may keep books of.
enum class TaskState : std::uint16_t {
  running,
  asleep,          ///< waits for work: neither productive nor stalled
  memstall_enter,  ///< cannot go on for want of memory (psi_memstall_enter)
  memstall_leave,
};

}  // namespace mhp::kernel
