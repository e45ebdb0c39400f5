#include "sim/kernel/config.hpp"

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

ParamSet<KernelConfig> kernel_config_params() {
  using C = KernelConfig;
  ParamSet<C> set;
  set.add("memmap_placement", &C::memmap_placement,
          {.doc = "where the memmap of added memory lives",
           .linux_name = "memory_hotplug.memmap_on_memory",
           .choices = placements().choices()})
      .add("memmap_per_block", &C::memmap_per_block,
           {.doc = "per_block: placements of the memory blocks in the order in which they are "
                   "added, \"PLACEMENT*BLOCKS\" each, the last without a number; none: as "
                   "memmap_boot_blocks says",
            .linux_name = "/sys/firmware/memory/memoryN/memmap_on_memory (s390)"})
      .add("memmap_boot_blocks", &C::memmap_boot_blocks,
           {.doc = "per_block: memory blocks whose memmap is boot memory, before the others have "
                   "it in the range",
            .min = 0,
            .max = std::int64_t{1} << 40})
      .add("memmap_group", &C::memmap_group,
           {.doc = "grouped: memory whose memmap lies together", .min = Bytes{0}})
      .add("max_hotpluggable", &C::max_hotpluggable,
           {.doc = "boot_reservation: memory that can come, whose memmap is set aside at boot; 0: "
                   "all devices of the scenario",
            .min = Bytes{0}})
      .add("memory_block_size", &C::memory_block_size,
           {.doc = "size of memory blocks; 0 lets the kernel choose by its rule; \"device\": the "
                   "largest power of two of which all devices are whole multiples",
            .linux_name = "/sys/devices/system/memory/block_size_bytes",
            .min = Bytes{0},
            .max = Bytes{64 * kGiB},
            .word = "device",
            .word_means = kBlockOfDevice})
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
      .add("movable_node", &C::movable_node,
           {.doc = "contig-zones: a block whose place no zone claims, or two, goes to ZONE_MOVABLE",
            .linux_name = "movable_node"})
      .add("transparent_hugepage", &C::transparent_hugepage,
           {.doc = "anonymous memory that gets huge pages when it is first touched; unless never, "
                   "min_free_kbytes is 11 pageblocks a kernel zone higher",
            .linux_name = "transparent_hugepage"})
      .add("transparent_hugepage_defrag", &C::transparent_hugepage_defrag,
           {.doc = "what such a fault does if no huge page is free",
            .linux_name = "/sys/kernel/mm/transparent_hugepage/defrag"})
      .add("init_on_alloc", &C::init_on_alloc,
           {.doc = "pages are cleared when they are handed out: here memmap from the page "
                   "allocator, huge pages for the pools, and what alloc_contig_range takes before "
                   "a sub-block is unplugged (5.11 and later)",
            .linux_name = "init_on_alloc, CONFIG_INIT_ON_ALLOC_DEFAULT_ON (Debian: on)"})
      .add(
          "panic_on_oops", &C::panic_on_oops,
          {.doc = "an oops (of a task that adds memory and finds no page for a table of the direct "
                  "map) is a panic; else that task dies, and the locks that it holds stay taken",
           .linux_name = "kernel.panic_on_oops"})
      .add("debug_vm", &C::debug_vm,
           {.doc = "struct pages are poisoned when memory is added, and again when it goes offline",
            .linux_name = "CONFIG_DEBUG_VM without vm_debug= (distributions: off)"})
      .add("hugetlb_free_vmemmap", &C::hugetlb_free_vmemmap,
           {.doc = "the vmemmap of huge pages in the pools is freed but for a page each, where the "
                   "kernel can (HVO)",
            .linux_name = "hugetlb_free_vmemmap, vm.hugetlb_optimize_vmemmap, "
                          "CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP_DEFAULT_ON (Debian: off)"})
      .add("page_ext", &C::page_ext,
           {.doc = "page extension for each page of memory that is online: with page_owner=on 72 "
                   "bytes in 6.12 and 64 in 6.1 where the kernel has it built in (Debian's does "
                   "not), page_table_check=on and sysctl.vm.mem_profiling=1 8 more each",
            .linux_name = "page_owner, page_table_check, sysctl.vm.mem_profiling",
            .min = Bytes{0},
            .max = Bytes{1024}})
      .add("struct_page_size", &C::struct_page_size,
           {.doc = "sizeof(struct page), a multiple of 8: 64 as distributions build it, 56 without "
                   "memory cgroups, 72 to 128 with debugging aids (KMSAN, LAST_CPUPID), 32 and 8 "
                   "once folios are described apart (memdesc)",
            .linux_name = "CONFIG_MEMCG and others",
            .min = Bytes{8},
            .max = Bytes{256}})
      .add("kaslr", &C::kaslr,
           {.doc = "kernel addresses are randomised, the direct map's among them",
            .linux_name = "kaslr"})
      .add("acpi_hotplug_memory", &C::acpi_hotplug_memory,
           {.doc =
                "the kernel has the driver of ACPI memory devices; without, it ignores a DIMM and "
                "firmware is told that all is well",
            .linux_name = "CONFIG_ACPI_HOTPLUG_MEMORY (Debian on arm64: in cloud kernels alone)"})
      .add("rodata", &C::rodata,
           {.doc = "arm64: how read-only memory is protected; full maps all memory in single pages",
            .linux_name = "rodata"})
      .add("kfence_sample_interval", &C::kfence_sample_interval,
           {.doc = "arm64: ms between samples of KFENCE; 0: it may be turned on later, for which "
                   "all memory is mapped in single pages; -1: the kernel has no KFENCE",
            .linux_name = "kfence.sample_interval",
            .min = -1,
            .max = 1'000'000})
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
      .add("lru_gen", &C::lru_gen,
           {.doc = "multi-generational LRU in place of active and inactive lists",
            .linux_name = "/sys/kernel/mm/lru_gen/enabled"})
      .add("swappiness", &C::swappiness,
           {.doc = "how readily anonymous memory is swapped rather than page cache dropped",
            .linux_name = "vm.swappiness",
            .min = 0,
            .max = 200})
      .add("vfs_cache_pressure", &C::vfs_cache_pressure,
           {.doc = "how readily dentries and inodes are dropped: what they count for, in percent",
            .linux_name = "vm.vfs_cache_pressure",
            .min = 0,
            .max = 10'000})
      .add("swap", &C::swap,
           {.doc = "size of swap; without any, anonymous memory cannot be reclaimed",
            .min = Bytes{0}})
      .add("writeback_requests", &C::writeback_requests,
           {.doc = "requests to the device of swap and files that may be on their way: who would "
                   "start another waits for one to end. Without a scheduler the device's queue "
                   "(virtio-blk 256, NVMe 1023), with one twice that of at most 128 (SATA 64)",
            .linux_name = "/sys/block/<device>/queue/nr_requests",
            .min = 1,
            .max = 1'000'000})
      .add("numa_demotion", &C::numa_demotion,
           {.doc = "reclaim moves pages to nodes without processors rather than dropping them",
            .linux_name = "/sys/kernel/mm/numa/demotion_enabled"})
      .add("numa_balancing_tiering", &C::numa_balancing_tiering,
           {.doc = "pages in use on nodes without processors come back; kswapd makes room for them",
            .linux_name = "kernel.numa_balancing = 2"})
      .add("processes", &C::processes,
           {.doc =
                "processes with a page table of their own: each is visited for every added section",
            .min = 1,
            .max = 4 * 1024 * 1024})  // PID_MAX_LIMIT, include/linux/threads.h
      .add("reserved_memory", &C::reserved_memory,
           {.doc = "boot memory of the first node that the kernel keeps for its image, initrd and "
                   "early allocations",
            .min = Bytes{0}})
      .add("swiotlb", &C::swiotlb,
           {.doc =
                "PCs: bounce buffers below 4 GiB as the kernel reserves them at boot. \"default\": "
                "64 MiB if memory can lie above 4 GiB; else what follows swiotlb= on its command "
                "line: slabs of 2 KiB, areas, force, noforce; empty: they are part of "
                "reserved_memory, or there are none",
            .linux_name = "swiotlb"})
      .add("crashkernel", &C::crashkernel,
           {.doc =
                "PCs: memory for a crash kernel: what follows crashkernel= on the kernel's command "
                "line, such as \"256M\", \"512M-2G:64M,2G-:192M\", \"1G,high\" or, of two, "
                "\"1G,high 128M,low\"; empty: it is part of reserved_memory, or there is none",
            .linux_name = "crashkernel"})
      .subtable("profile")
      .subtable("architecture")
      .subtable("from_machine");
  return set;
}

}  // namespace mhp::kernel
