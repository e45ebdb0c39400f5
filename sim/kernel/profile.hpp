#pragma once

#include <cstdint>
#include <string>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"

namespace mhp::kernel {

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
  std::string contiguity_walk = "full";
  std::string pcp_high = "auto";
  bool pcp_pageblocks_by_mobility = true;
  bool free_lists_follow_pageblocks = true;
  bool pages_checked_under_zone_lock = false;
  std::string fallback = "claim_then_steal";
  std::string mmu_gather = "folio_batches";
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
  std::string online_policy = "contig-zones";
  std::int64_t auto_movable_ratio = 301;
  bool auto_movable_numa_aware = true;
  std::string transparent_hugepage = "always";
  std::string transparent_hugepage_defrag = "madvise";
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
