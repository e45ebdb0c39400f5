#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/zone.hpp"

namespace mhp::kernel {

/// What the kernel log says each time zonelists are built: "Fallback order for Node N", "Built K
/// zonelists" with the total pages, "Policy zone".
struct ZonelistBuild {
  std::vector<std::pair<NodeId, std::vector<NodeId>>> fallback;  ///< of the nodes built
  std::int64_t online_nodes = 0;
  PageCount total_pages;  ///< managed pages above the high watermarks (nr_free_zone_pages)
  ZoneType policy_zone = ZoneType::dma;  ///< highest kernel zone that has ever been populated
};

}  // namespace mhp::kernel
