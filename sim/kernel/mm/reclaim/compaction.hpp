#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/reclaim/memmap_work.hpp"
#include "sim/kernel/mm/zone.hpp"

namespace mhp::kernel {

class Mm;
class Reclaim;

/// How a compaction ended, worst first (enum compact_result).
enum class CompactResult : std::uint8_t {
  skipped,   ///< too little is free for it, or nothing is apart
  deferred,  ///< it failed here lately
  complete,  ///< the scanners met and there is still no block
  success,   ///< a zone has a block of that order
};

/// How hard compaction tries (enum compact_priority): async looks at pageblocks of the request's
/// own type only, and may be deferred as light may; full may not.
enum class CompactPriority : std::uint8_t { full, light, async };

/// Compaction: makes large free blocks by moving pages of the LRU lists from the low end of a zone
/// to free pages at its high end, pageblock by pageblock. Decides what moves where. After
/// mm/compaction.c of Linux 6.12.
class Compaction {
 public:
  Compaction(Mm& mm, Reclaim& reclaim);

  /// Enough is free to move pages to, and a failure would be fragmentation's fault.
  bool suitable(const Zone& zone, int order, ZoneType highest) const;
  /// The same, if all that can be reclaimed were free, for some zone of the request
  /// (compaction_zonelist_suitable).
  bool suitable_after_reclaim(const AllocRequest& request) const;

  /// One direct compaction of the zones of a request, and the attempt to allocate after it.
  Task<std::optional<Allocation>> direct(Host& host, AllocRequest request, CompactPriority priority,
                                         CompactResult& result);
  /// Whether another round, perhaps a harder one, is worth it (should_compact_retry).
  bool should_retry(const AllocRequest& request, CompactResult result, CompactPriority& priority,
                    std::int64_t& retries) const;

  /// The node's kcompactd: compacts when kswapd has made room for it. Never ends.
  Task<void> kcompactd(Host& host, NodeId node);
  void wakeup_kcompactd(NodeId node, int order, ZoneType highest);

 private:
  struct State {
    Pfn migrate;  ///< where the scanners stopped; equal to the other: begin anew
    Pfn free;
    std::int64_t considered = 0;  ///< attempts since it failed
    int defer_shift = 0;
    int order_failed = Geometry::kMostOrders;
  };
  struct Daemon {
    bool asleep = false;
    int order = 0;
    ZoneType highest = ZoneType::dma;
  };
  /// Struct pages looked at and not yet accounted for.
  struct Work {
    explicit Work(std::size_t nodes) : scanned(nodes), looked_up(nodes) {}
    MemmapWork scanned;
    MemmapWork looked_up;
  };
  class FreeScanner;

  State& state(const Zone& z) {
    return states_[z.node.index() * kZoneTypes + static_cast<std::size_t>(z.type)];
  }
  bool node_suitable(NodeId node, int order, ZoneType highest) const;
  bool enough_free(const Zone& z, int order, ZoneType highest, PageCount free) const;
  bool deferred(const Zone& z, int order);
  void defer(const Zone& z, int order);
  void reset_defer(const Zone& z, int order);
  Task<CompactResult> compact_zones(Host& host, AllocRequest rq, CompactPriority priority);
  /// `rq.cpu`: who compacts.
  Task<CompactResult> compact_zone(Host& host, Zone& z, AllocRequest rq, CompactPriority priority);
  Task<void> drain_local(Host& host, Zone& z, CpuId cpu, Receipt& receipt);
  /// Pages of a pageblock that compaction would move.
  PageCount to_move(const Zone& z, Pfn block) const;
  static bool online_in(const Zone& z, Pfn block);
  PageCount compact_pageblock(Zone& z, Pfn block, FreeScanner& targets, Work& work,
                              Receipt& receipt);
  Task<void> spend_scans(Host& host, Work& work);

  Mm& mm_;
  Reclaim& reclaim_;
  std::vector<State> states_;
  std::vector<Daemon> daemons_;
};

}  // namespace mhp::kernel
