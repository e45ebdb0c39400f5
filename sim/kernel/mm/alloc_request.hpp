#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/evacuation.hpp"
#include "sim/kernel/mm/page_run.hpp"
#include "sim/kernel/mm/zone.hpp"

namespace mhp::kernel {

/// A set of nodes, by node number; nodes past the end are not in it (nodemask_t).
using NodeMask = std::vector<bool>;

/// node_isset().
inline bool contains(const NodeMask& nodes, NodeId n) {
  return n.index() < nodes.size() && nodes[n.index()];
}
/// nodes_intersects().
inline bool intersect(const NodeMask& a, const NodeMask& b) {
  for (std::size_t n = 0; n < a.size() && n < b.size(); ++n)
    if (a[n] && b[n]) return true;
  return false;
}

/// How long the slow path tries before a request fails.
enum class Retry : std::uint8_t {
  normal,   ///< up to order 3 until it succeeds, with the OOM killer; above, as long as it helps
  noretry,  ///< __GFP_NORETRY: one round of reclaim and compaction
  mayfail,  ///< __GFP_RETRY_MAYFAIL: as long as it helps, but never the OOM killer
};

/// A request to the page allocator: GFP flags by what they decide.
struct AllocRequest {
  NodeId node;  ///< preferred node: its zonelist is used
  int order = 0;
  MigrateType type = MigrateType::unmovable;
  ZoneType highest = ZoneType::normal;  ///< gfp_zone(): the highest zone allowed
  bool atomic = false;                  ///< GFP_ATOMIC: may dip into the reserves below `min`
  bool this_node = false;               ///< GFP_THISNODE: the preferred node or none
  NodeId avoid = NodeId{};              ///< a node that must not serve the request
  CpuId cpu = CpuId{};                  ///< who asks; not valid: the first CPU of `node`
  Retry retry = Retry::normal;
  bool direct_reclaim = true;          ///< __GFP_DIRECT_RECLAIM; an atomic request never reclaims
  bool kswapd = true;                  ///< __GFP_KSWAPD_RECLAIM: wakes kswapd
  bool memalloc = false;               ///< PF_MEMALLOC: made while reclaiming; asks no watermark
  bool kthread = false;                ///< PF_KTHREAD: direct reclaim is not throttled; a worker of
                                       ///< a queue (PF_WQ_WORKER), who sleeps before each retry
  bool oom_victim = false;             ///< made by a task that the OOM killer has chosen
  const NodeMask* nodemask = nullptr;  ///< nodes that may serve it; null: all

  /// What may end its task; null: nothing.
  const TaskSignals* signals = nullptr;

  bool may_reclaim() const { return direct_reclaim && !atomic && !memalloc; }
  /// fatal_signal_pending().
  bool dying() const { return signals != nullptr && signals->pending(); }
};

/// Pages got from the allocator, and from where.
struct Allocation {
  Pfn pfn;
  NodeId node;
  ZoneType zone = ZoneType::dma;
};

/// Single pages in a row.
struct RunAllocation {
  PageRun pages;
  NodeId node;
  ZoneType zone = ZoneType::dma;

  RunAllocation() = default;
  RunAllocation(PageRun run, NodeId of, ZoneType in) : pages(run), node(of), zone(in) {}
  explicit RunAllocation(const Allocation& page)
      : pages(page.pfn), node(page.node), zone(page.zone) {}
};

}  // namespace mhp::kernel
