#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/migrate_type.hpp"

namespace mhp::kernel {

/// What a tracepoint of the page allocator reports (kmem:mm_page_*).
struct PageEvent {
  enum class Kind : std::uint8_t {
    taken,       ///< off the free lists (mm_page_alloc_zone_locked)
    handed_out,  ///< to whom asked for it (mm_page_alloc)
    freed,       ///< about to be given back (mm_page_free)
    drained,     ///< from a per-CPU list to the free lists (mm_page_pcpu_drain)
    fallback,    ///< a block of another type was chosen (mm_page_alloc_extfrag)
  };
  Kind kind = Kind::taken;
  Pfn pfn;
  int order = 0;
  MigrateType type = MigrateType::movable;           ///< of the request, or of the free list
  int fallback_order = 0;                            ///< fallback: order of the block chosen
  MigrateType fallback_type = MigrateType::movable;  ///< fallback: the list it was on
  bool change_ownership = false;  ///< fallback: its pageblock is now of the request's type
};

/// Someone who listens to the page allocator of all zones.
class PageTrace {
 public:
  PageTrace() = default;
  PageTrace(const PageTrace&) = default;
  PageTrace& operator=(const PageTrace&) = default;
  virtual ~PageTrace() = default;

  virtual void page_event(const PageEvent& event) = 0;

  CpuId cpu;  ///< where the allocator works; not valid for work that belongs to hot-plug
};

}  // namespace mhp::kernel
