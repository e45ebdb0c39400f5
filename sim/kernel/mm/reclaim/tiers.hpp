#pragma once

#include <optional>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/config.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/receipt.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/scan_control.hpp"

namespace mhp::kernel {

class Mm;
class Reclaim;

/// How many pages of a run moved to another node, and the request that has to wait for a zone's
/// lock (Mm::ready) before more can.
struct RunMove {
  PageCount pages;
  std::optional<AllocRequest> waits;
};

/// Memory tiers: pages that would be reclaimed go to slower memory (demotion), pages in use there
/// come back (promotion). Nodes with processors are the upper tier, those without the lower.
/// mm/vmscan.c, mm/memory-tiers.c and kernel/sched/fair.c of Linux 6.12.
class Tiers {
 public:
  Tiers(Mm& mm, Reclaim& reclaim, const KernelConfig& config)
      : mm_(mm),
        reclaim_(reclaim),
        demotion_(config.numa_demotion),
        promotion_(config.numa_balancing_tiering) {}

  /// kswapd makes room for promotion: up to `promo` instead of `high`.
  Mark balanced_at() const { return promotion_ ? Mark::promo : Mark::high; }

  /// The nearest node of the lower tier; not valid if there is none or demotion is off.
  NodeId demotion_target(NodeId from) const;
  /// Moves the first pages of a run there, as long as it has room.
  RunMove demote(LruRef ref, PageCount pages, NodeId target, const ScanControl& sc,
                 Receipt& receipt);

  /// A use of a run in the lower tier by a task of node `to`. One that has to wait half-way counts
  /// as two.
  bool may_promote(LruRef ref, NodeId to) const;
  RunMove promote(LruRef ref, NodeId to, Receipt& receipt);

 private:
  static AllocRequest request(NodeId node, int order);
  RunMove move_to_node(LruRef ref, NodeId node, Receipt& receipt);

  Mm& mm_;
  Reclaim& reclaim_;
  const bool demotion_;
  const bool promotion_;
};

}  // namespace mhp::kernel
