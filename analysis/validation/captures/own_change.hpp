#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analysis/validation/captures/score.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/observed/observed.hpp"

namespace mhp::validation {

/// What the model has at a moment of what a machine says of itself.
struct ModelMoment {
  struct Zone {
    NodeId node;
    kernel::ZoneType type = kernel::ZoneType::dma;
    Pfn start_pfn;
    PageCount spanned;
    PageCount present;
    PageCount managed;
    PageCount free;  ///< per-CPU lists among it
  };
  std::vector<Zone> zones;  ///< all, of every node
  PageCount mem_total;
  std::int64_t nr_memmap_pages = 0;
  std::int64_t nr_memmap_boot_pages = 0;
  std::array<std::int64_t, 3> direct_map_leaves{};  ///< by level
  std::vector<observed::Blocks> blocks;             ///< runs of memory blocks
  Bytes page_size;
};
ModelMoment moment_of(const kernel::Mm& mm, const kernel::MemoryHotplug& hotplug);

/// How a machine of somebody's own changed between two looks at it, against how the model changed
/// meanwhile. Of each zone `spanned`, `present` and `managed` must change as in the model, page for
/// page, and so must what the memmap takes (nr_memmap_pages, nr_memmap_boot_pages), MemTotal and
/// the direct map's leaves, as far as both looks have them; memory blocks must be the model's.
/// Where a zone begins is compared if it was empty before. Free pages with those of per-CPU lists
/// may be `bound` off: others use memory, too. What one look has and the other lacks, or neither,
/// is not compared, and said so (CaptureReport::unmodelled).
void compare_change(Score& score, const observed::Observed& before, const observed::Observed& after,
                    const ModelMoment& start, const ModelMoment& end, std::int64_t bound);

}  // namespace mhp::validation
