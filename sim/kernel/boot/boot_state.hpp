#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/arch/architecture.hpp"
#include "sim/kernel/config.hpp"
#include "sim/kernel/mm/zone.hpp"
#include "sim/kernel/placement/common/plan.hpp"
#include "sim/kernel/vmemmap.hpp"
#include "sim/machine/description.hpp"

namespace mhp::kernel {

/// A zone as it is when the machine has booted.
struct BootZone {
  NodeId node;
  ZoneType type = ZoneType::dma;
  Pfn start_pfn;
  PageCount spanned;
  PageCount present;
  PageCount managed;
  Watermarks watermark;
  std::array<PageCount, kZoneTypes> lowmem_reserve{};
  std::int64_t pcp_batch = 0;    ///< of per-CPU lists; 0: as `managed` has it
  std::vector<PfnRange> online;  ///< page frames with an initialised memmap in this zone
  std::vector<PfnRange> free;    ///< free memory, in the order in which it is put on the free lists
  std::vector<Pfn> pcp;          ///< free pages on per-CPU lists
  std::vector<PfnRange> cma;     ///< of these, whole pageblocks for pages that can be migrated
};

/// A node as it is when the machine has booted.
struct BootNode {
  bool online = false;
  bool has_memory = false;
  std::int64_t cpus = 0;
};

/// Memory blocks of boot memory: a run of blocks with one node.
struct BootBlocks {
  std::int64_t first = 0;
  std::int64_t last = 0;
  NodeId node;
};

/// Where the memmap of a range of boot memory lies.
struct BootMemmap {
  PfnRange memory;
  std::vector<PfnRange> at;  ///< its pages, one range after the other
};

/// Memory that is set aside before the page allocator has any.
struct EarlyReservation {
  std::string what;
  PfnRange range;
};

/// What boot parameters have set aside, and what there was no room for: the kernel goes on without.
struct EarlyReservations {
  std::vector<EarlyReservation> made;
  std::vector<std::string> failed;
};

/// Everything the kernel model starts from. Comes from a described machine (below) or from a
/// recorded one.
struct BootState {
  Architecture arch;
  machine::CpuFeatures cpu;
  std::vector<BootNode> nodes;             ///< every possible node
  std::vector<std::vector<int>> distance;  ///< [from][to]
  std::vector<BootZone> zones;
  std::vector<BootBlocks> blocks;
  std::vector<PfnRange> memory;     ///< System RAM of the firmware's map
  std::vector<BootMemmap> memmaps;  ///< of a described machine; where a recorded one's lie is not
                                    ///< known
  PageCount block_pages;
  Bytes struct_page_size = kStructPageSize;
  MemmapReservation memmap_reservation;
  EarlyReservations early;
  std::int64_t min_free_kbytes = 0;
  bool recompute_watermarks = true;  ///< false: take watermarks and reserves as given
};

/// Page frames that a type of zone may have (arch_zone_limits_init, zone_sizes_init); Movable and
/// Device have none of their own.
PfnRange zone_limits(ZoneType type, const Architecture& arch);

/// Size of memory blocks that a kernel chooses at boot by the rule of its architecture
/// (memory_block_size_bytes; x86-64: probe_memory_block_size, arch/x86/mm/init_64.c, Linux 6.12).
/// `boot_end`: end of boot memory; `wanted`: an explicit choice, 0 for none.
Bytes memory_block_size(Bytes boot_end, bool hypervisor, Bytes wanted,
                        const Architecture& arch = {});

/// The size of memory blocks on a described machine with such a kernel.
Bytes memory_block_size(const machine::Description& machine, const KernelConfig& config,
                        const Architecture& arch = {});

/// Where a described machine's memory lies, in the order of its nodes.
std::vector<PfnRange> boot_memory(const machine::Description& machine,
                                  const Architecture& arch = {});

/// The state in which a described machine comes up. The boot memmap of what each node has and
/// `config.reserved_memory` of the first node with memory are reserved at the lowest addresses of
/// the highest zone; all other memory is free and movable, in ascending order. Where the placement
/// wants it, the memmap of `config.max_hotpluggable` and its page tables come from one stretch of
/// memory behind them.
BootState boot(const machine::Description& machine, const KernelConfig& config,
               const Architecture& arch = {});

}  // namespace mhp::kernel
