#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <string>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/mm/zone_type.hpp"

namespace mhp::kernel {

/// How large memory blocks are (memory_block_size_bytes).
enum class BlockRule : std::uint8_t { probed, fixed, advised };
constexpr std::array<Word, 3> words_of(BlockRule) {
  return {{{"probed", "as boot memory and hypervisor suggest; an operator may choose (x86-64)"},
           {"fixed", "what the kernel was built with, always (arm64, riscv64)"},
           {"advised", "what firmware says that it adds and removes at a time (ppc64, s390)"}}};
}

/// By what the kernel maps memory in its direct map.
enum class DirectMap : std::uint8_t {
  leaves,
  leaves_within_block,
  leaves_unless_protected,
  hashed
};
constexpr std::array<Word, 4> words_of(DirectMap) {
  return {{{"leaves", "by the largest leaves that processor and alignment allow (x86-64)"},
           {"leaves_within_block", "by leaves of at most a memory block (ppc64)"},
           {"leaves_unless_protected",
            "by leaves, or by single pages where their protection may change: rodata=full, or a "
            "KFENCE that may be turned on later (arm64)"},
           {"hashed",
            "in a hash table that was there at boot, and the vmemmap with it: there are no "
            "tables (ppc64 up to POWER8)"}}};
}

/// By what the memmap of added memory is mapped.
enum class VmemmapMapping : std::uint8_t { pmd, base_pages };
constexpr std::array<Word, 2> words_of(VmemmapMapping) {
  return {{{"pmd",
            "by PMD leaves, each from one block of the page allocator; sections share those "
            "that they do not fill"},
           {"base_pages", "page by page: a section's memmap is smaller than a leaf"}}};
}

/// What the memmap of a block must be a multiple of to lie in the block
/// (arch_supports_memmap_on_memory).
enum class MemmapAlignment : std::uint8_t { whole_pmds, anything, never };
constexpr std::array<Word, 3> words_of(MemmapAlignment) {
  return {{{"whole_pmds", "whole PMD leaves (IS_ALIGNED(vmemmap_size, PMD_SIZE))"},
           {"anything", "whole pages (ppc64 radix with pages of 64 KiB, s390)"},
           {"never", "the kernel is built without (no ARCH_MHP_MEMMAP_ON_MEMORY_ENABLE)"}}};
}

/// How firmware brings memory, and who takes it.
enum class Firmware : std::uint8_t { acpi, dlpar, sclp };
constexpr std::array<Word, 3> words_of(Firmware) {
  return {
      {{"acpi", "ACPI: a device is notified, and added as one (drivers/acpi/acpi_memhotplug.c)"},
       {"dlpar", "RTAS: logical memory blocks, each online before the next (pseries)"},
       {"sclp", "standby storage, configured and brought online by an operator (s390)"}}};
}

/// What the rules of an architecture have been held to.
enum class ArchEvidence : std::uint8_t { captures, source };
constexpr std::array<Word, 2> words_of(ArchEvidence) {
  return {{{"captures", "recordings of kernels built so, as far as they reach"},
           {"source", "the kernel's source, as far as the rules name it; nothing was recorded"}}};
}

/// What an architecture, and the page size that its kernel is built with, fix about memory: data,
/// read from configs/architectures. The mechanism is one code. The default is x86-64.
struct Architecture {
  std::string name = "x86-64";
  std::string machine = "x86-64";
  ArchEvidence evidence = ArchEvidence::captures;
  Bytes page_size{4 * kKiB};
  Bytes section_size{128 * kMiB};
  std::int64_t pageblock_order = 9;
  std::int64_t max_order = 10;
  Bytes pmd_size{2 * kMiB};
  Bytes pud_size{kGiB};
  bool pud_leaves = true;
  bool five_levels = true;
  Bytes gigantic_page{kGiB};
  Bytes table_size{4 * kKiB};
  bool top_tables_stay = true;
  DirectMap direct_map = DirectMap::leaves;
  std::int64_t direct_map_bits = 46;
  Bytes virtual_origin{0};
  VmemmapMapping vmemmap = VmemmapMapping::pmd;
  Bytes vmemmap_before_border{0};
  MemmapAlignment memmap_alignment = MemmapAlignment::whole_pmds;
  BlockRule block_rule = BlockRule::probed;
  Bytes block_size{128 * kMiB};
  Bytes dma_end{16 * kMiB};
  Bytes dma32_end{4 * kGiB};
  Bytes memory_start{0};
  bool pc_memory_map = true;
  Bytes cma{0};
  bool failed_add_unmaps = false;
  Firmware firmware = Firmware::acpi;
  bool frees_hugetlb_vmemmap = true;
  Bytes block_device_slab{0};
  bool atomic_tables = true;

  bool has_zone(ZoneType zone) const {
    if (zone == ZoneType::dma) return dma_end.value > 0;
    return zone != ZoneType::dma32 || dma32_end.value > 0;
  }
  /// The units that follow.
  constexpr Geometry geometry() const {
    const auto log2 = [](Bytes b) { return std::countr_zero(static_cast<std::uint64_t>(b.value)); };
    return Geometry({.page = log2(page_size),
                     .section = log2(section_size),
                     .pageblock = static_cast<int>(pageblock_order),
                     .max_order = static_cast<int>(max_order),
                     .pmd = log2(pmd_size),
                     .pud = log2(pud_size)});
  }
};

/// The rules as parameters, in the order in which they are documented. A template so that it costs
/// only those who read architectures.
template <std::same_as<Architecture> A = Architecture>
ParamSet<A> architecture_params() {
  ParamSet<A> set;
  set.add("name", &A::name,
          {.doc = "architecture and base page that the rules below belong to", .required = true})
      .add("machine", &A::machine,
           {.doc = "machines that such a kernel runs on", .linux_name = "uname -m"})
      .add("evidence", &A::evidence, {.doc = "what the rules have been held to"})
      .add("page_size", &A::page_size,
           {.doc = "a base page",
            .linux_name = "PAGE_SIZE",
            .min = Bytes{4 * kKiB},
            .max = Bytes{64 * kKiB}})
      .add("section_size", &A::section_size,
           {.doc = "what memory is described by: a section's memmap comes and goes as a whole",
            .linux_name = "SECTION_SIZE_BITS",
            .min = Bytes{16 * kMiB},
            .max = Bytes{kGiB}})
      .add("pageblock_order", &A::pageblock_order,
           {.doc = "order of a pageblock, which has one migrate type",
            .linux_name = "pageblock_order",
            .min = 1,
            .max = Geometry::kMostOrders - 1})
      .add("max_order", &A::max_order,
           {.doc = "largest order of a free block, inclusive",
            .linux_name = "MAX_PAGE_ORDER",
            .min = 1,
            .max = Geometry::kMostOrders - 1})
      .add("pmd_size", &A::pmd_size,
           {.doc = "what an entry of a PMD table maps: a transparent huge page",
            .linux_name = "PMD_SIZE",
            .min = Bytes{kMiB},
            .max = Bytes{kGiB}})
      .add("pud_size", &A::pud_size,
           {.doc = "what an entry of a PUD table maps",
            .linux_name = "PUD_SIZE",
            .min = Bytes{kGiB},
            .max = Bytes{4 * kTiB}})
      .add("pud_leaves", &A::pud_leaves,
           {.doc = "an entry of a PUD table can map memory itself, if the processors can, too",
            .linux_name = "pud_sect_supported()"})
      .add(
          "five_levels", &A::five_levels,
          {.doc =
               "page tables have five levels, and the direct map 2^52 bytes, where the machine has "
               "la57"})
      .add("gigantic_page", &A::gigantic_page,
           {.doc = "size of huge pages that are larger than the largest order",
            .linux_name = "hugetlb: hugepagesz",
            .min = Bytes{kGiB},
            .max = Bytes{64 * kGiB}})
      .add("table_size", &A::table_size,
           {.doc = "a table of the direct map and the vmemmap; a page holds several if it is "
                   "smaller",
            .linux_name = "PMD_TABLE_SIZE",
            .min = Bytes{4 * kKiB},
            .max = Bytes{64 * kKiB}})
      .add("top_tables_stay", &A::top_tables_stay,
           {.doc = "tables of the level below the root stay when memory goes"})
      .add("atomic_tables", &A::atomic_tables,
           {.doc = "table pages of the direct map are asked for without waiting (GFP_ATOMIC); else "
                   "the task reclaims, and has somebody killed, before it panics"})
      .add("direct_map", &A::direct_map, {.doc = "by what the direct map maps added memory"})
      .add("direct_map_bits", &A::direct_map_bits,
           {.doc = "the direct map holds 2^n bytes: no memory lies beyond",
            .linux_name = "mhp_get_pluggable_range()",
            .min = 36,
            .max = 52})
      .add("virtual_origin", &A::virtual_origin,
           {.doc = "virtual addresses count from the start of memory, rounded down to this; 0: "
                   "from physical address 0",
            .linux_name = "ARM64_MEMSTART_ALIGN",
            .min = Bytes{0},
            .max = Bytes{kTiB}})
      .add("vmemmap", &A::vmemmap, {.doc = "by what the memmap of added memory is mapped"})
      .add("vmemmap_before_border", &A::vmemmap_before_border,
           {.doc = "the vmemmap begins so much before a border of the highest tables; 0: at one",
            .linux_name = "VMEMMAP_START",
            .min = Bytes{0},
            .max = Bytes{kTiB}})
      .add("memmap_alignment", &A::memmap_alignment,
           {.doc = "what the memmap of a block must be to lie in the block",
            .linux_name = "arch_supports_memmap_on_memory()"})
      .add("block_rule", &A::block_rule,
           {.doc = "what decides the size of memory blocks",
            .linux_name = "memory_block_size_bytes()"})
      .add("block_size", &A::block_size,
           {.doc = "size of memory blocks where it is fixed, or where nothing else is advised",
            .min = Bytes{16 * kMiB},
            .max = Bytes{64 * kGiB}})
      .add("dma_end", &A::dma_end,
           {.doc = "ZONE_DMA ends here; 0: there is none",
            .linux_name = "arch_zone_limits_init",
            .min = Bytes{0},
            .max = Bytes{64 * kGiB}})
      .add("dma32_end", &A::dma32_end,
           {.doc = "ZONE_DMA32 ends here, if that is beyond ZONE_DMA; 0: there is none",
            .min = Bytes{0},
            .max = Bytes{4 * kGiB}})
      .add("memory_start", &A::memory_start,
           {.doc = "physical address at which boot memory begins", .min = Bytes{0}})
      .add("pc_memory_map", &A::pc_memory_map,
           {.doc = "the first page is the firmware's, and devices have what lies between "
                   "machine.mmio_hole_start and 4 GiB"})
      .add("cma", &A::cma,
           {.doc = "boot memory that kernel allocations may not use (CMA)",
            .linux_name = "CONFIG_CMA_SIZE_MBYTES",
            .min = Bytes{0}})
      .add("failed_add_unmaps", &A::failed_add_unmaps,
           {.doc = "an addition that fails gives the tables of its direct map back",
            .linux_name = "arch_add_memory()"})
      .add("frees_hugetlb_vmemmap", &A::frees_hugetlb_vmemmap,
           {.doc = "the vmemmap of huge pages can be freed",
            .linux_name = "ARCH_WANT_OPTIMIZE_HUGETLB_VMEMMAP"})
      .add("block_device_slab", &A::block_device_slab,
           {.doc = "slab of one memory block device where it differs from what the kernel profile "
                   "says; 0: as that says",
            .min = Bytes{0}})
      .add("firmware", &A::firmware, {.doc = "how firmware brings memory, and who takes it"});
  return set;
}

}  // namespace mhp::kernel
