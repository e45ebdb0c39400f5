#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::kernel {

/// How the kernel chooses the zone of a block that is onlined with 'online'.
enum class OnlinePolicy : std::uint8_t { contig_zones, auto_movable };
constexpr std::array<Word, 2> words_of(OnlinePolicy) {
  return {{{"contig-zones", "the zone whose span the block lies in, else a kernel zone"},
           {"auto-movable", "ZONE_MOVABLE as long as its ratio to boot memory allows"}}};
}

/// Anonymous memory that gets huge pages when it is first touched.
enum class ThpEnabled : std::uint8_t { always, madvise, never };
constexpr std::array<Word, 3> words_of(ThpEnabled) {
  return {{{"always", "all of it"},
           {"madvise", "what asks for it (MADV_HUGEPAGE)"},
           {"never", "none"}}};
}

/// What such a fault does if no huge page is free.
enum class ThpDefrag : std::uint8_t { always, defer, defer_madvise, madvise, never };
constexpr std::array<Word, 5> words_of(ThpDefrag) {
  return {{{"always", "reclaims and compacts"},
           {"defer", "wakes kswapd and kcompactd, and takes base pages"},
           {"defer+madvise", "reclaims and compacts for what asks for it, else defers"},
           {"madvise", "reclaims and compacts for what asks for it, else takes base pages"},
           {"never", "takes base pages"}}};
}

/// Multi-generational LRU in place of active and inactive lists.
enum class LruGenSetting : std::uint8_t { as_built, on, off };
constexpr std::array<Word, 3> words_of(LruGenSetting) {
  return {{{"default", "as the kernel is built"},
           {"on", "turned on, where the kernel has it"},
           {"off", "turned off"}}};
}

/// How the kernel's own text and its aliases are protected (arm64; elsewhere it changes nothing
/// here).
enum class Rodata : std::uint8_t { full, on, off };
constexpr std::array<Word, 3> words_of(Rodata) {
  return {{{"full", "aliases of read-only memory in the direct map, too"},
           {"on", "the kernel's own mapping alone"},
           {"off", "nothing"}}};
}

/// Of kernel.memory_block_size: as large as the devices allow.
inline constexpr Bytes kBlockOfDevice{-1};

/// Boot parameters and sysctls that the operator chooses.
struct KernelConfig {
  std::string memmap_placement = "boot_memory";
  std::vector<std::string> memmap_per_block;
  std::int64_t memmap_boot_blocks = 0;
  Bytes memmap_group{8 * kGiB};
  Bytes max_hotpluggable{0};
  Bytes memory_block_size{0};
  OnlinePolicy online_policy = OnlinePolicy::contig_zones;
  std::int64_t auto_movable_ratio = 301;
  bool auto_movable_numa_aware = true;
  bool movable_node = false;
  ThpEnabled transparent_hugepage = ThpEnabled::always;
  ThpDefrag transparent_hugepage_defrag = ThpDefrag::madvise;
  bool init_on_alloc = true;
  bool debug_vm = false;
  bool panic_on_oops = false;
  bool hugetlb_free_vmemmap = false;
  Bytes page_ext{0};
  Bytes struct_page_size = kStructPageSize;
  bool kaslr = true;
  bool acpi_hotplug_memory = true;
  Rodata rodata = Rodata::full;
  std::int64_t kfence_sample_interval = 0;
  std::int64_t watermark_scale_factor = 10;
  std::int64_t watermark_boost_factor = 15'000;
  SimTime stat_interval{1'000'000'000};
  LruGenSetting lru_gen = LruGenSetting::as_built;
  std::int64_t swappiness = 60;
  std::int64_t vfs_cache_pressure = 100;
  Bytes swap{0};
  std::int64_t writeback_requests = 256;
  bool numa_demotion = false;
  bool numa_balancing_tiering = false;
  std::int64_t processes = 400;
  Bytes reserved_memory{0};
  std::string swiotlb;
  std::string crashkernel;

  /// Whether pages of the direct map may change their protection one by one (can_set_direct_map,
  /// arch/arm64/mm/pageattr.c, Linux 6.12).
  bool direct_map_may_split() const {
    return rodata == Rodata::full || kfence_sample_interval == 0;
  }
};

/// The parameters of the kernel's configuration.
ParamSet<KernelConfig> kernel_config_params();

}  // namespace mhp::kernel
