#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/mm/buddy_rules.hpp"

namespace mhp::kernel {

/// What is looked at to tell whether a zone has no holes.
enum class ContiguityWalk : std::uint8_t { full, range, counter };
constexpr std::array<Word, 3> words_of(ContiguityWalk) {
  return {{{"full", "the zone from its start, up to the first hole, for each block"},
           {"range", "the range that is onlined or offlined"},
           {"counter", "a counter of pages: nothing is walked"}}};
}

/// Pages that a CPU's lists of free pages may hold.
enum class PcpHigh : std::uint8_t { fixed, auto_tuned };
constexpr std::array<Word, 2> words_of(PcpHigh) {
  return {{{"fixed", "the zone's low watermark, divided among the node's CPUs (5.14 to 6.6)"},
           {"auto", "from that up to an eighth of the zone, as use demands (6.7 and later)"}}};
}

/// Order in which pages that a process unmaps together are freed.
enum class GatherOrder : std::uint8_t { reversed, folio_batches };
constexpr std::array<Word, 2> words_of(GatherOrder) {
  return {{{"reversed", "backwards in batches of 8 and 510 (up to 6.8)"},
           {"folio_batches", "forwards, in portions of 31 (6.9 and later)"}}};
}

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

/// What differs between kernel versions and builds: data, read from configs/kernels. The mechanism
/// is one code.
struct KernelProfile {
  std::string version = "6.12";
  bool memmap_on_memory_multi_block = true;
  bool memmap_on_memory_force = true;
  bool memmap_on_memory_dax_kmem = true;
  bool memmap_on_memory_lmb = true;
  bool watermarks_exclude_movable = true;
  bool zonelist_skips_memoryless_self = true;
  bool gigantic_pages_from_movable = false;
  ContiguityWalk contiguity_walk = ContiguityWalk::full;
  PcpHigh pcp_high = PcpHigh::auto_tuned;
  bool pcp_pageblocks_by_mobility = true;
  bool free_lists_follow_pageblocks = true;
  bool pages_checked_under_zone_lock = false;
  BuddyRules::Fallback fallback = BuddyRules::Fallback::claim_then_steal;
  GatherOrder mmu_gather = GatherOrder::folio_batches;
  bool hugetlb_pool_in_batches = true;
  Bytes slab_per_block{4718};
  Bytes slab_per_section{64};
  std::int64_t sections_per_root = 128;
  Bytes kaslr_direct_map_padding{0};
};

/// The parameters of a kernel profile, in the order in which they are documented.
ParamSet<KernelProfile> kernel_profile_params();

/// Boot parameters and sysctls that the operator chooses.
struct KernelConfig {
  std::string memmap_placement = "boot_memory";
  Bytes memory_block_size{0};
  OnlinePolicy online_policy = OnlinePolicy::contig_zones;
  std::int64_t auto_movable_ratio = 301;
  bool auto_movable_numa_aware = true;
  ThpEnabled transparent_hugepage = ThpEnabled::always;
  ThpDefrag transparent_hugepage_defrag = ThpDefrag::madvise;
  bool kaslr = true;
  std::int64_t watermark_scale_factor = 10;
  std::int64_t watermark_boost_factor = 15'000;
  SimTime stat_interval{1'000'000'000};
  std::int64_t swappiness = 60;
  Bytes swap{0};
  bool numa_demotion = false;
  bool numa_balancing_tiering = false;
  std::int64_t processes = 400;
  Bytes reserved_memory{0};
};

/// The parameters of the kernel's configuration.
ParamSet<KernelConfig> kernel_config_params();

}  // namespace mhp::kernel
