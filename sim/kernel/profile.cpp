#include "sim/kernel/profile.hpp"

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

ParamSet<KernelProfile> kernel_profile_params() {
  using P = KernelProfile;
  ParamSet<P> set;
  set.add("version", &P::version,
          {.doc = "kernel series that the rules below belong to", .required = true})
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
      .add("pcp_pageblocks_by_mobility", &P::pcp_pageblocks_by_mobility,
           {.doc = "per-CPU lists hold movable pageblocks apart from others (6.10 and later)"})
      .add("free_lists_follow_pageblocks", &P::free_lists_follow_pageblocks,
           {.doc = "free pages are always on the lists of their pageblock's migrate type (6.10 and "
                   "later)"})
      .add("pages_checked_under_zone_lock", &P::pages_checked_under_zone_lock,
           {.doc = "every struct page of a block is checked while it is taken off the free lists "
                   "(up to 6.2); else each allocation checks its own, without the lock"})
      .add("fallback", &P::fallback,
           {.doc = "what a request takes when its migrate type has no free pages"})
      .add("mmu_gather", &P::mmu_gather,
           {.doc = "order in which pages that a process unmaps together are freed"})
      .add("hugetlb_pool_in_batches", &P::hugetlb_pool_in_batches,
           {.doc = "huge pages of one write to nr_hugepages join and leave the pool together (6.7 "
                   "and later)"})
      .add("slab_per_block", &P::slab_per_block,
           {.doc = "slab of one memory block device: struct memory_block, kobject, sysfs nodes and "
                   "links",
            .min = Bytes{0}})
      .add("slab_per_section", &P::slab_per_section,
           {.doc = "slab of one memory section: struct mem_section_usage", .min = Bytes{0}})
      .add("sections_per_root", &P::sections_per_root,
           {.doc =
                "sections whose descriptors share one page, allocated on the node of the first of "
                "them and never given back; 0: not counted",
            .min = 0,
            .max = 4096})
      .add("kaslr_direct_map_padding", &P::kaslr_direct_map_padding,
           {.doc = "room that address randomisation leaves in the direct map beyond boot memory, "
                   "rounded up to a TiB; 0: it does not shrink the direct map",
            .linux_name = "CONFIG_RANDOMIZE_MEMORY_PHYSICAL_PADDING",
            .min = Bytes{0},
            .max = Bytes{64 * kTiB}});
  return set;
}

ParamSet<KernelConfig> kernel_config_params() {
  using C = KernelConfig;
  ParamSet<C> set;
  set.add("memmap_placement", &C::memmap_placement,
          {.doc = "where the memmap of added memory lives",
           .linux_name = "memory_hotplug.memmap_on_memory",
           .choices = placements().choices()})
      .add("memory_block_size", &C::memory_block_size,
           {.doc = "size of memory blocks; 0 lets the kernel choose by its rule",
            .linux_name = "/sys/devices/system/memory/block_size_bytes",
            .min = Bytes{0},
            .max = Bytes{64 * kGiB}})
      .add("online_policy", &C::online_policy,
           {.doc = "how the kernel chooses the zone of a block that is onlined with 'online'",
            .linux_name = "memory_hotplug.online_policy"})
      .add("auto_movable_ratio", &C::auto_movable_ratio,
           {.doc = "auto-movable: most movable memory, in percent of the kernel zones' boot memory",
            .linux_name = "memory_hotplug.auto_movable_ratio",
            .min = 0,
            .max = 1'000'000})
      .add("auto_movable_numa_aware", &C::auto_movable_numa_aware,
           {.doc = "auto-movable: the ratio must hold on the block's node too",
            .linux_name = "memory_hotplug.auto_movable_numa_aware"})
      .add("transparent_hugepage", &C::transparent_hugepage,
           {.doc = "anonymous memory that gets huge pages when it is first touched; unless never, "
                   "min_free_kbytes is 22 MiB a kernel zone higher",
            .linux_name = "transparent_hugepage"})
      .add("transparent_hugepage_defrag", &C::transparent_hugepage_defrag,
           {.doc = "what such a fault does if no huge page is free",
            .linux_name = "/sys/kernel/mm/transparent_hugepage/defrag"})
      .add("kaslr", &C::kaslr,
           {.doc = "kernel addresses are randomised, the direct map's among them",
            .linux_name = "kaslr"})
      .add("watermark_scale_factor", &C::watermark_scale_factor,
           {.doc = "distance between watermarks, in 1/10000 of the zone",
            .linux_name = "vm.watermark_scale_factor",
            .min = 1,
            .max = 3000})
      .add("watermark_boost_factor", &C::watermark_boost_factor,
           {.doc = "most that kswapd frees beyond the high watermark once memory of one kind takes "
                   "pageblocks from another, in 1/10000 of it; 0: nothing",
            .linux_name = "vm.watermark_boost_factor",
            .min = 0,
            .max = 1'000'000})
      .add("stat_interval", &C::stat_interval,
           {.doc = "how often a CPU looks through its lists of free pages and gives back what it "
                   "has not used; 0: never",
            .linux_name = "vm.stat_interval",
            .min = SimTime{0}})
      .add("swappiness", &C::swappiness,
           {.doc = "how readily anonymous memory is swapped rather than page cache dropped",
            .linux_name = "vm.swappiness",
            .min = 0,
            .max = 200})
      .add("swap", &C::swap,
           {.doc = "size of swap; without any, anonymous memory cannot be reclaimed",
            .min = Bytes{0}})
      .add("numa_demotion", &C::numa_demotion,
           {.doc = "reclaim moves pages to nodes without processors rather than dropping them",
            .linux_name = "/sys/kernel/mm/numa/demotion_enabled"})
      .add("numa_balancing_tiering", &C::numa_balancing_tiering,
           {.doc = "pages in use on nodes without processors come back; kswapd makes room for them",
            .linux_name = "kernel.numa_balancing = 2"})
      .add("processes", &C::processes,
           {.doc =
                "processes with a page table of their own: each is visited for every added section",
            .min = 1})
      .add("reserved_memory", &C::reserved_memory,
           {.doc = "boot memory of the first node that the kernel keeps for its image, initrd and "
                   "early allocations",
            .min = Bytes{0}})
      .subtable("profile");
  return set;
}

}  // namespace mhp::kernel
