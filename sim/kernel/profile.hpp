#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/words.hpp"

namespace mhp::kernel {

/// What is looked at to tell whether a zone has no holes.
enum class ContiguityWalk : std::uint8_t { full, range, counter };
constexpr std::array<Word, 3> words_of(ContiguityWalk) {
  return {{{"full", "the zone from its start, up to the first hole, for each block"},
           {"range", "the range that is onlined or offlined"},
           {"counter", "a counter of pages: nothing is walked"}}};
}

/// Pages that a CPU's lists of free pages may hold.
enum class PcpHigh : std::uint8_t { six_batches, fixed, auto_tuned };
constexpr std::array<Word, 3> words_of(PcpHigh) {
  return {{{"six_batches", "six batches, and of single pages alone (up to 5.13)"},
           {"fixed", "the zone's low watermark, divided among the node's CPUs (5.14 to 6.6)"},
           {"auto", "from that up to an eighth of the zone, as use demands (6.7 and later)"}}};
}

/// What a request takes when its migrate type has no free pages.
enum class Fallback : std::uint8_t {
  largest_block,     ///< the largest block or, if movable pages may not claim it, the smallest
  claim_then_steal,  ///< the largest whose pageblock can be claimed, else the smallest block
};
constexpr std::array<Word, 2> words_of(Fallback) {
  return {{{"largest_block", "from the largest block of another type (up to 6.14)"},
           {"claim_then_steal",
            "from the largest block whose pageblock can be claimed, else the smallest block "
            "(6.15, and 6.12.y)"}}};
}

/// Order in which pages that are freed together go, and how many of them wait on a CPU to be put on
/// the LRU lists.
enum class GatherOrder : std::uint8_t { reversed, folio_batches };
constexpr std::array<Word, 2> words_of(GatherOrder) {
  return {{{"reversed", "backwards in batches of 8 and 510; up to 15 wait (up to 6.8)"},
           {"folio_batches", "forwards, in portions of 31; up to 31 wait (6.9 and later)"}}};
}

/// What the kernel frees of a huge page's vmemmap where it may (mm/hugetlb_vmemmap.c).
enum class HugetlbVmemmapRule : std::uint8_t { none, two_pages, one_page, new_head, shared_tail };
constexpr std::array<Word, 5> words_of(HugetlbVmemmapRule) {
  return {
      {{"none", "nothing (up to 5.13)"},
       {"two_pages", "all but the first two pages (5.14 to 5.17)"},
       {"one_page", "all but the first page (5.18 to 6.1)"},
       {"new_head", "all; a copy of the first is made on the node of the huge page (6.2 to 7.0)"},
       {"shared_tail",
        "the same; the others are mapped to a page that huge pages of a zone share, and no "
        "reader has to be waited for (7.1)"}}};
}

/// What a kernel goes without that is told both to free the vmemmap of huge pages and to place
/// memmap in the range (memmap_on_memory).
enum class HugetlbVmemmapExcludes : std::uint8_t { memmap_in_range, itself, self_hosted };
constexpr std::array<Word, 3> words_of(HugetlbVmemmapExcludes) {
  return {
      {{"memmap_in_range", "no memmap is placed in the range (5.14 to 5.17)"},
       {"itself", "no vmemmap is freed (5.18 and 5.19)"},
       {"self_hosted", "vmemmap that lies in the range stays, other is freed (6.0 and later)"}}};
}

/// When and how struct pages are cleared.
enum class StructPageCleared : std::uint8_t { when_allocated, by_memset, by_stores };
constexpr std::array<Word, 3> words_of(StructPageCleared) {
  return {{{"when_allocated",
            "with the memmap, before they are initialised (up to 4.14; added "
            "memory: up to 4.16)"},
           {"memset", "each by a call of memset, as it is initialised (from then to 5.1)"},
           {"stores", "each by the stores that initialise it (5.2 and later)"}}};
}

/// How the struct pages that boot has left are initialised and their pages freed.
enum class DeferredInit : std::uint8_t { one_loop, two_loops, batches, padata };
constexpr std::array<Word, 4> words_of(DeferredInit) {
  return {{{"one_loop", "block by block, the node of each page looked up (4.2 to 4.14)"},
           {"two_loops",
            "first all initialised, then all freed, the node of each page looked up "
            "in both loops (4.15 to 5.1)"},
           {"batches", "block by block of the largest order (5.2 to 5.7)"},
           {"padata", "the same, by as many threads as the node has processors (5.8 and later)"}}};
}

/// How much of what a CPU's lists hold too much goes to the buddy at a time.
enum class PcpDrain : std::uint8_t { in_turns, whole, portions };
constexpr std::array<Word, 3> words_of(PcpDrain) {
  return {{{"in_turns",
            "all of it in one hold of the zone's lock, a few blocks of each list in turn (up to "
            "5.17)"},
           {"whole",
            "all of it, in whole blocks, list after list, in one hold of the zone's lock (5.18 to "
            "6.18)"},
           {"portions",
            "a batch in each hold; a portion takes whole blocks and counts as a batch, whatever it "
            "took (6.19 and later)"}}};
}

/// What a node's kswapd and kcompactd take from its own memory (kthread_create_on_node).
enum class NodeThreads : std::uint8_t { nothing, tasks, tasks_and_stacks };
constexpr std::array<Word, 3> words_of(NodeThreads) {
  return {{{"nothing", "nothing: their memory is that of kthreadd's node (up to 6.13)"},
           {"tasks", "a slab of task structures (6.14 to 6.19)"},
           {"tasks_and_stacks", "a slab of task structures, and 7 pages (7.0 and later)"}}};
}

/// The smallest part of a memory block that virtio-mem plugs by itself (virtio_mem_init_hotplug).
enum class VirtioMemSubBlock : std::uint8_t { largest_order, pageblock };
constexpr std::array<Word, 2> words_of(VirtioMemSubBlock) {
  return {{{"largest_order", "a block of the largest order (up to 5.18)"},
           {"pageblock", "a pageblock (5.19 and later)"}}};
}

/// Multi-generational LRU in a kernel's build.
enum class LruGenRule : std::uint8_t { absent, off, on };
constexpr std::array<Word, 3> words_of(LruGenRule) {
  return {{{"absent", "the kernel has none (up to 6.0, or built without CONFIG_LRU_GEN)"},
           {"off", "built in, and off until it is asked for (6.1 and later, CONFIG_LRU_GEN)"},
           {"on", "built in and on (CONFIG_LRU_GEN_ENABLED)"}}};
}

/// Struct pages of device-dax memory that is mapped in pages larger than base pages.
enum class CompoundDevmap : std::uint8_t { none, compound, shared_tails };
constexpr std::array<Word, 3> words_of(CompoundDevmap) {
  return {{{"none", "each stands for itself (up to 5.16)"},
           {"compound", "those of a large page form one compound page (5.17 and 5.18)"},
           {"shared_tails",
            "of a large page's, all but the first 128 lie in a page of the memmap that they share, "
            "unless the memmap lies on the device (5.19 and later)"}}};
}

/// What the rules of a profile have been held to.
enum class Evidence : std::uint8_t { captures, source, commits, queued };
constexpr std::array<Word, 4> words_of(Evidence) {
  return {{{"captures", "recordings of this kernel, as far as they reach"},
           {"source", "its source, as far as the rules name it"},
           {"commits", "the versions between which the commits came that the rules name"},
           {"queued", "what is queued for it; it is not released"}}};
}

/// What differs between kernel versions and builds: data, read from configs/kernels. The mechanism
/// is one code, which asks for each rule in one place. The default is what 6.12 does.
struct KernelProfile {
  std::string version = "6.12";
  std::string taken_for;
  Evidence evidence = Evidence::captures;
  bool memmap_on_memory_multi_block = true;
  bool memmap_on_memory_force = true;
  bool memmap_on_memory_dax_kmem = true;
  bool memmap_on_memory_lmb = true;
  bool dax_kmem_rejects_empty = true;
  bool hv_balloon_adds_blocks = true;
  CompoundDevmap compound_devmap = CompoundDevmap::shared_tails;
  bool watermarks_exclude_movable = true;
  bool zonelist_skips_memoryless_self = true;
  bool gigantic_pages_from_movable = false;
  ContiguityWalk contiguity_walk = ContiguityWalk::full;
  PcpHigh pcp_high = PcpHigh::auto_tuned;
  PcpDrain pcp_drain = PcpDrain::whole;
  bool pcp_pageblocks_by_mobility = true;
  bool free_lists_follow_pageblocks = true;
  bool pages_checked_under_zone_lock = false;
  Fallback fallback = Fallback::claim_then_steal;
  GatherOrder mmu_gather = GatherOrder::folio_batches;
  bool unmap_drains_lru = true;
  bool free_pages_reclaimable = true;
  bool online_sets_normal_memory = true;
  NodeThreads node_threads = NodeThreads::nothing;
  bool offline_sees_order0_slab = true;
  bool failed_add_rolls_back = false;
  bool direct_map_tables_atomic = true;
  bool direct_map_failure_handled = false;
  VirtioMemSubBlock virtio_mem_sub_block = VirtioMemSubBlock::pageblock;
  bool virtio_mem_zones_apart = true;
  bool virtio_mem_retries_removal = true;
  bool virtio_mem_memmap_on_memory = false;
  LruGenRule lru_gen = LruGenRule::on;
  bool hugetlb_pool_in_batches = true;
  HugetlbVmemmapRule hugetlb_vmemmap = HugetlbVmemmapRule::new_head;
  HugetlbVmemmapExcludes hugetlb_vmemmap_excludes = HugetlbVmemmapExcludes::self_hosted;
  StructPageCleared struct_page_cleared = StructPageCleared::by_stores;
  DeferredInit deferred_init = DeferredInit::padata;
  Bytes slab_per_block{4718};
  Bytes slab_per_section{64};
  std::int64_t sections_per_root = 128;
  std::int64_t slab_pages_per_node = 0;
  Bytes kaslr_direct_map_padding{0};
};

/// The rules as parameters, in the order in which they are documented. A template so that it costs
/// only those who read profiles.
template <std::same_as<KernelProfile> P = KernelProfile>
ParamSet<P> kernel_profile_params() {
  ParamSet<P> set;
  set.add("version", &P::version,
          {.doc = "kernel series that the rules below belong to", .required = true})
      .add("taken_for", &P::taken_for,
           {.doc = "kernel series that was asked for and has no profile, so that the rules of the "
                   "one before it hold; empty: this one was"})
      .add("evidence", &P::evidence, {.doc = "what the rules have been held to"})
      .add("memmap_on_memory_multi_block", &P::memmap_on_memory_multi_block,
           {.doc = "the memmap can lie in the range for additions of more than one memory block "
                   "(6.8 and later)"})
      .add("memmap_on_memory_force", &P::memmap_on_memory_force,
           {.doc = "the head of a memory block can be rounded up to whole pageblocks (6.6 and "
                   "later)",
            .linux_name = "memory_hotplug.memmap_on_memory=force"})
      .add("memmap_on_memory_dax_kmem", &P::memmap_on_memory_dax_kmem,
           {.doc = "dax/kmem asks for the memmap in the range (6.8 and later)"})
      .add("memmap_on_memory_lmb", &P::memmap_on_memory_lmb,
           {.doc = "DLPAR asks for the memmap in the range (6.6 and later)"})
      .add(
          "dax_kmem_rejects_empty", &P::dax_kmem_rejects_empty,
          {.doc = "dax/kmem rejects a device without one whole memory block (5.15 and later); else "
                  "it takes it and adds nothing"})
      .add("hv_balloon_adds_blocks", &P::hv_balloon_adds_blocks,
           {.doc =
                "Hyper-V's driver adds memory by memory blocks (6.10 and later); else by 128 MiB, "
                "whatever a block is"})
      .add("compound_devmap", &P::compound_devmap,
           {.doc = "struct pages of device-dax memory that is mapped in larger pages"})
      .add("watermarks_exclude_movable", &P::watermarks_exclude_movable,
           {.doc = "Movable zones take no share of min_free_kbytes (6.6 and later)"})
      .add("zonelist_skips_memoryless_self", &P::zonelist_skips_memoryless_self,
           {.doc = "a node without memory is left out of zonelists, its own included, at once (6.8 "
                   "and later)"})
      .add("gigantic_pages_from_movable", &P::gigantic_pages_from_movable,
           {.doc = "gigantic pages may be allocated from ZONE_MOVABLE (7.1 with "
                   "movable_gigantic_pages)",
            .linux_name = "vm.movable_gigantic_pages"})
      .add("contiguity_walk", &P::contiguity_walk,
           {.doc = "what is looked at to tell whether a zone has no holes"})
      .add("pcp_high", &P::pcp_high, {.doc = "pages that a CPU's lists of free pages may hold"})
      .add("pcp_drain", &P::pcp_drain,
           {.doc = "how much of what a CPU's lists hold too much goes to the buddy at a time"})
      .add(
          "pcp_pageblocks_by_mobility", &P::pcp_pageblocks_by_mobility,
          {.doc = "per-CPU lists hold movable pageblocks apart from others (5.14 to 5.19, and 6.10 "
                  "and later)"})
      .add("free_lists_follow_pageblocks", &P::free_lists_follow_pageblocks,
           {.doc = "free pages are always on the lists of their pageblock's migrate type (6.10 and "
                   "later)"})
      .add("pages_checked_under_zone_lock", &P::pages_checked_under_zone_lock,
           {.doc = "every struct page of a block is checked while it is taken off the free lists "
                   "(up to 6.2); else each allocation checks its own, without the lock"})
      .add("fallback", &P::fallback,
           {.doc = "what a request takes when its migrate type has no free pages"})
      .add("mmu_gather", &P::mmu_gather,
           {.doc = "order in which pages that are freed together go, and how many wait for the LRU "
                   "lists"})
      .add(
          "unmap_drains_lru", &P::unmap_drains_lru,
          {.doc = "whoever unmaps pages puts those that wait on his CPU on the LRU lists first (up "
                  "to 6.13); else the last up to 30 that a CPU has got are freed only when its "
                  "batch is full or drained"})
      .add(
          "free_pages_reclaimable", &P::free_pages_reclaimable,
          {.doc = "free pages of a zone without page cache count as pages that reclaim could take, "
                  "so that a large request goes on trying as long as such a zone has a block that "
                  "it may not have (6.13 and later, and stable series since early 2025)",
           .linux_name = "zone_reclaimable_pages()"})
      .add("online_sets_normal_memory", &P::online_sets_normal_memory,
           {.doc = "a node whose first memory in a kernel zone is hot-added counts as one that has "
                   "such memory (not 6.17 to 7.0): a policy that binds to it holds for unmovable "
                   "requests",
            .linux_name = "N_NORMAL_MEMORY"})
      .add("node_threads", &P::node_threads,
           {.doc = "what kswapd and kcompactd of a node take from its first memory, if that is "
                   "online in a kernel zone: as long as the node has memory, that block stays"})
      .add("offline_sees_order0_slab", &P::offline_sees_order0_slab,
           {.doc = "a block with single slab pages and nothing else that cannot move is refused at "
                   "once (up to 6.13); else offlining it goes on until a signal comes"})
      .add("failed_add_rolls_back", &P::failed_add_rolls_back,
           {.doc = "an addition that runs out of memory gives back what it has got so far"})
      .add("direct_map_tables_atomic", &P::direct_map_tables_atomic,
           {.doc = "where the architecture takes the direct map's tables without waiting, this "
                   "kernel does; else it reclaims for them (proposed in 2021 and 2025)",
            .linux_name = "alloc_low_pages(): GFP_ATOMIC or GFP_KERNEL"})
      .add("direct_map_failure_handled", &P::direct_map_failure_handled,
           {.doc = "an addition that finds no page for a table of the direct map answers ENOMEM "
                   "(proposed in 2025); else the task that adds dies with its locks held",
            .linux_name = "phys_pud_init() and its kin"})
      .add("virtio_mem_sub_block", &P::virtio_mem_sub_block,
           {.doc = "the smallest part of a memory block that virtio-mem plugs by itself"})
      .add("virtio_mem_zones_apart", &P::virtio_mem_zones_apart,
           {.doc = "virtio-mem knows in which zone its blocks are: it unplugs ZONE_MOVABLE first, "
                   "and of both what is plugged in part before what is whole (5.14 and later)"})
      .add("virtio_mem_retries_removal", &P::virtio_mem_retries_removal,
           {.doc = "virtio-mem tries again to remove blocks of which nothing is plugged any more "
                   "and that did not go offline (6.6 and later)"})
      .add("virtio_mem_memmap_on_memory", &P::virtio_mem_memmap_on_memory,
           {.doc = "virtio-mem asks for the memmap in the range: no kernel does, it is what has "
                   "been proposed since 2021"})
      .add("lru_gen", &P::lru_gen,
           {.doc = "multi-generational LRU as the kernel is built; kernel.lru_gen turns it on and "
                   "off",
            .linux_name = "CONFIG_LRU_GEN, CONFIG_LRU_GEN_ENABLED"})
      .add("hugetlb_pool_in_batches", &P::hugetlb_pool_in_batches,
           {.doc = "huge pages of one write to nr_hugepages join and leave the pool together (6.7 "
                   "and later)"})
      .add("hugetlb_vmemmap", &P::hugetlb_vmemmap,
           {.doc = "what is freed of the vmemmap of a huge page, if hugetlb_free_vmemmap is set"})
      .add(
          "hugetlb_vmemmap_excludes", &P::hugetlb_vmemmap_excludes,
          {.doc = "what is not done if hugetlb_free_vmemmap is set and the memmap is to lie in the "
                  "range"})
      .add("struct_page_cleared", &P::struct_page_cleared,
           {.doc = "when and how struct pages are cleared"})
      .add("deferred_init", &P::deferred_init,
           {.doc = "how the struct pages that boot has left are initialised and their pages freed",
            .linux_name = "deferred_init_memmap()"})
      .add("slab_per_block", &P::slab_per_block,
           {.doc = "slab of one memory block device: struct memory_block, kobject, sysfs nodes and "
                   "links",
            .min = Bytes{0}})
      .add("slab_per_section", &P::slab_per_section,
           {.doc = "slab of one memory section: struct mem_section_usage", .min = Bytes{0}})
      .add("sections_per_root", &P::sections_per_root,
           {.doc = "sections whose descriptors share 4 KiB of a page, allocated on the node of the "
                   "first "
                   "of them and never given back; 0: not counted",
            .min = 0,
            .max = 4096})
      .add(
          "slab_pages_per_node", &P::slab_pages_per_node,
          {.doc = "pages of slab that a node's first memory takes from the next node, one for each "
                  "cache with a store of its own on the node, and that are not given back",
           .min = 0,
           .max = 100'000})
      .add("kaslr_direct_map_padding", &P::kaslr_direct_map_padding,
           {.doc = "room that address randomisation leaves in the direct map beyond boot memory, "
                   "rounded up to a TiB; 0: it does not shrink the direct map",
            .linux_name = "CONFIG_RANDOMIZE_MEMORY_PHYSICAL_PADDING",
            .min = Bytes{0},
            .max = Bytes{64 * kTiB}});
  return set;
}

}  // namespace mhp::kernel
